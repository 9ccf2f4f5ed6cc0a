package main

import (
	"strings"
	"testing"

	"taskwire/adapter/web/browsertest"
)

// Urdu is written from right to left, message by message; the page itself is in
// the language that the person chose, and stays in it.
func TestPageUrdu(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	tab := h.visit(t)
	ask(t, tab, "add buy milk")
	ask(t, tab, "ایک کام بنائیں: دودھ لانا")
	log := tab.Log("Conversation")
	answer := log.Find("article", "Urdu Specialist")
	answer.WaitText("دودھ لانا")
	for what, el := range map[string]*browsertest.Element{"question": log.Find("article", "You").Last(), "answer": answer} {
		var urdu bool
		el.Eval(`function() { return [this, ...this.querySelectorAll("*")].some(el => el.dir === "rtl" && el.lang === "ur" && /دودھ/.test(el.textContent)) }`, &urdu)
		if !urdu {
			t.Errorf("the %s in Urdu has no dir=rtl and lang=ur", what)
		}
	}
	var direction string
	log.Find("article", "You").First().Eval(`function() { return getComputedStyle(this.querySelector("[dir]") ?? this).direction }`, &direction)
	if direction != "ltr" {
		t.Errorf("the question in English runs %s", direction)
	}

	tab.Textbox("Message").Type("half a thought")
	tab.Find("combobox", "Language").Eval(`function() { this.value = "ur"; this.dispatchEvent(new Event("change", {bubbles: true})) }`, nil)
	tab.WaitEval(`document.documentElement.lang === "ur" && document.documentElement.dir === "rtl"`)
	tab.Textbox("پیغام").Wait()
	tab.Log("گفتگو").WaitText("دودھ لانا")
	tab.Log("گفتگو").WaitText("اردو ماہر")
	if got := tab.Textbox("پیغام").Value(); got != "half a thought" {
		t.Errorf("the switch of language leaves %q of the draft", got)
	}
	tab.Axe(t)
	tab.Reload()
	tab.WaitEval(`document.documentElement.lang === "ur" && document.title.includes("معاون")`)
	tab.Log("گفتگو").Wait()
	// What people read is in Urdu: Latin letters are those of what was said.
	body := tab.Body()
	for _, english := range []string{"New chat", "History", "Copy", "Retry", "Create task", "Orchestrator", "due", "high"} {
		if strings.Contains(body, english) {
			t.Errorf("the page in Urdu says %q", english)
		}
	}
	if font := fontOf(tab, `[lang=ur] .md, .md[lang=ur], [lang=ur]`); !strings.Contains(font, "Nastaliq") {
		t.Errorf("Urdu is set in %s", font)
	}
}

// A browser in Urdu gets the page in Urdu, right from the first screen.
func TestPageSpeaksTheBrowsersLanguage(t *testing.T) {
	t.Parallel()
	h := start(t, setup{env: ownFace(nil)})
	tab := h.visit(t, browsertest.As(browsertest.Person{Locale: "ur-PK"}))
	tab.WaitText("السلام علیکم dev-user")
	tab.WaitEval(`document.documentElement.lang === "ur"`)
	tab.Axe(t)
	sendOn2 := tab.Textbox("پیغام")
	sendOn2.Type("میرے کام دکھائیں")
	tab.Press("Enter")
	tab.Button("روکیں").Gone()
	tab.Log("گفتگو").Find("article", "اردو ماہر").Wait()
}

func fontOf(tab *browsertest.Tab, selector string) (font string) {
	tab.Eval(`getComputedStyle(document.querySelector(`+"`"+selector+"`"+`)).fontFamily`, &font)
	return font
}

package web

import (
	"net/http"
	"strings"
)

// A lang is a language of the page, with what stands on it before any script
// has run.
type lang struct{ Code, Dir, Title, Loading, NoScript string }

var languages = []lang{
	{"en", "ltr", "AI Task Assistant", "Loading your conversation…", "This page needs JavaScript."},
	{"ur", "rtl", "کاموں کا اے آئی معاون", "آپ کی گفتگو کھل رہی ہے…", "اس صفحے کے لیے جاوا اسکرپٹ درکار ہے۔"},
}

// languageCookie keeps the person's choice; the page's script sets it.
const languageCookie = "taskwire-lang"

func chooseLanguage(r *http.Request) string {
	wanted, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	if chosen, err := r.Cookie(languageCookie); err == nil {
		wanted = chosen.Value
	}
	wanted, _, _ = strings.Cut(strings.TrimSpace(wanted), "-")
	for _, l := range languages {
		if strings.EqualFold(wanted, l.Code) {
			return l.Code
		}
	}
	return languages[0].Code
}

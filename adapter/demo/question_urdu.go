package demo

// stateUrdu reads a question about how a task stands: "کیا دودھ لانا ہو گیا؟",
// "gym khatam hua kya?".
func (p *parser) stateUrdu() (command, bool) {
	s := p.rest.trimRight(nothing)
	v, found := lastVerb(s)
	switch {
	case found && (v.do == complete || v.do == reopen || v.mood == past):
		s = s.without(v.span)
	case found:
		return command{}, false
	default:
		m, n := lightEnd(s)
		if m != past && !holds(s, statusNounUrdu) {
			return command{}, false
		}
		s = s.part(0, len(s.words)-n)
	}
	s = s.without(spansOf(s, urduWhether)...)
	s = s.without(spansOf(s, statusNounUrdu)...)
	if len(s.trim(targetEdge).words) == 0 {
		return command{}, false
	}
	return command{do: tell, target: targetOf(s)}, true
}

var (
	urduWhether = newSet("", `کیا, کب, ابھی, ابھی تک, اب تک, تک, پہلے ہی`, `kya, kia, kab, abhi, abhi tak, ab tak, tak, pehle hi, kiya`)

	statusNounUrdu = newSet("status", `کی حالت, کا اسٹیٹس, کی صورتحال, کا کیا ہوا, کا کیا بنا`, `ki halat, ka status, ki soorat e haal, ka kya hua, ka kya bana,
			ka kia bana`)
)

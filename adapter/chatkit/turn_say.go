package chatkit

import "encoding/json"

// Progress shows a line of text, with an icon if one is named, until something
// else is sent.
func (t *Turn) Progress(text, icon string) error { return t.Send(&ProgressUpdate{text, icon}) }

// Notify shows a message in Markdown that belongs to no item.
func (t *Turn) Notify(level NoticeLevel, message string) error {
	return t.Send(&Notice{Level: level, Message: message})
}

// Effect fires an effect in the page. data must become a JSON object; nil is an
// empty one.
func (t *Turn) Effect(name string, data any) error {
	if data == nil {
		return t.Send(&ClientEffect{Name: name})
	}
	encoded, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return t.Send(&ClientEffect{name, encoded})
}

// Remember stores a hidden item that only the handler of a later turn sees.
// content must become JSON.
func (t *Turn) Remember(content any) error {
	encoded, err := json.Marshal(content)
	if err != nil {
		return err
	}
	return t.Send(&ItemDone{&HiddenContext{Content: encoded}})
}

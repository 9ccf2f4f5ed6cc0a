package demo

import (
	"encoding/json"
	"errors"
	"strings"
)

// A request is what the model reads of a chat completion request. What it does
// not know (temperature, seed, …) it ignores, as providers do.
type request struct {
	Model         string        `json:"model"`
	Messages      []message     `json:"messages"`
	Tools         []offeredTool `json:"tools"`
	ToolChoice    toolChoice    `json:"tool_choice"`
	Stream        bool          `json:"stream"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

type offeredTool struct {
	Function struct {
		Name string `json:"name"`
	} `json:"function"`
}

// A message is one entry of the conversation.
type message struct {
	Role       string     `json:"role"`
	Content    content    `json:"content"`
	ToolCalls  []toolCall `json:"tool_calls"`
	ToolCallID string     `json:"tool_call_id"`
}

// instructs reports whether the message is the application's, not a person's.
func (m message) instructs() bool { return m.Role == "system" || m.Role == "developer" }

// A toolCall is a call as the wire has it; Arguments is JSON in a string.
type toolCall struct {
	ID       string       `json:"id"`
	Type     string       `json:"type"`
	Function functionCall `json:"function"`
}

type functionCall struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// content is the texts of a message: one of a plain string, one for each text
// part of a list; images and other parts are left out.
type content []string

func (c *content) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil { // null too: it leaves the text empty
		*c = content{text}
		return nil
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(data, &parts) != nil {
		return errors.New("content is neither a string nor a list of parts")
	}
	*c = nil
	for _, p := range parts {
		if p.Text != "" {
			*c = append(*c, p.Text)
		}
	}
	return nil
}

// first is the first text: what a person wrote stands before the files that
// come with it.
func (c content) first() string {
	for _, text := range c {
		if strings.TrimSpace(text) != "" {
			return text
		}
	}
	return ""
}

func (c content) all() string { return strings.Join(c, "\n") }

// A toolChoice is "auto", "none", "required" or the name of one tool.
type toolChoice struct {
	none bool
	name string
}

func (c *toolChoice) UnmarshalJSON(data []byte) error {
	var word string
	if json.Unmarshal(data, &word) == nil {
		c.none = word == "none"
		return nil
	}
	var named struct {
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	}
	if json.Unmarshal(data, &named) != nil {
		return errors.New("tool_choice is neither a word nor a function")
	}
	c.name = named.Function.Name
	return nil
}

// decodeRequest reads a body. Its error is fit for the client.
func decodeRequest(body []byte) (*request, error) {
	var req request
	if err := json.Unmarshal(body, &req); err != nil {
		return nil, errors.New("the body is not a chat completion request: " + err.Error())
	}
	if len(req.Messages) == 0 {
		return nil, errors.New("messages: at least one is needed")
	}
	return &req, nil
}

// offers reports whether the model may call the tool now.
func (r *request) offers(name string) bool {
	if r.ToolChoice.none {
		return false
	}
	for _, t := range r.Tools {
		if t.Function.Name == name {
			return true
		}
	}
	return false
}

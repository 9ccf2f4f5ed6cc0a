package agent

// responsesBody is the body of a streamed request to the Responses API, which
// keeps nothing there: the whole conversation goes along each time.
func (m *Model) responsesBody(p *prompt, f features) body {
	b := appendField(append(make([]byte, 0, p.size()), '{'), "model", m.modelOf(p.model))
	b = append(appendKey(b, "stream"), "true"...)
	b = append(appendKey(b, "store"), "false"...)
	if f&featureReasoning != 0 {
		b = append(appendKey(b, "include"), `["reasoning.encrypted_content"]`...)
	}
	b = m.appendUser(b, p.user)
	if p.choice != "" {
		b = append(appendKey(b, "tool_choice"), `{"type":"function"`...)
		b = append(appendField(b, "name", p.choice), '}')
	}
	b = append(appendKey(b, "instructions"), '"')
	own := b
	b = append(appendText(b[len(b):], p.system), `","input":[`...)
	source := m.sourceOf(p.model)
	for _, msg := range inOrder(p.messages) {
		b = m.appendInput(b, msg, source)
	}
	return body{own, p.brief.openingJSON, append(b, ']'), p.toolsJSON(f)}
}

// appendInput appends the items that a message becomes.
func (m *Model) appendInput(b []byte, msg Message, source string) []byte {
	switch msg.Role {
	case RoleAssistant:
		return appendOutput(b, msg, source)
	case RoleTool:
		b = appendField(append(appendComma(b), '{'), "type", "function_call_output")
		b = appendField(b, "call_id", msg.CallID)
		return append(appendField(b, "output", msg.Text), '}')
	default:
		b = appendField(append(appendComma(b), '{'), "role", "user")
		b = m.appendUserContent(b, msg, "input_text", `{"type":"input_image","image_url":`, "}")
		return append(b, '}')
	}
}

// appendOutput appends what a model said and called: the items as they came,
// with their reasoning, if they came from this one.
func appendOutput(b []byte, msg Message, source string) []byte {
	if msg.Source == source && len(msg.Raw) > 0 && msg.Raw[0] == '[' {
		for item := range elements(msg.Raw) {
			b = append(appendComma(b), item...)
		}
		return b
	}
	if msg.Text != "" {
		b = appendField(append(appendComma(b), '{'), "role", "assistant")
		b = append(appendField(b, "content", msg.Text), '}')
	}
	for _, c := range msg.Calls {
		b = appendField(append(appendComma(b), '{'), "type", "function_call")
		b = appendField(b, "call_id", c.ID)
		b = appendField(b, "name", functionName(c.Name))
		b = append(appendField(b, "arguments", string(c.Arguments)), '}')
	}
	return b
}

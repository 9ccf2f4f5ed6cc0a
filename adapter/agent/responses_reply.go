package agent

import "encoding/json"

// responsesReply puts together a streamed answer of the Responses API. Text is
// taken as it streams; everything else from the items that are done.
type responsesReply struct {
	speech
	items  []json.RawMessage // output items, to be sent back as they came
	size   int
	finish string
	usage  Usage
}

func (r *responsesReply) finished() bool { return r.finish != "" }

func (r *responsesReply) add(data []byte) error {
	switch stringOf(member(data, "type")) {
	case "response.output_text.delta", "response.refusal.delta":
		return r.say(stringOf(member(data, "delta")))
	case "response.output_item.done":
		return r.item(member(data, "item"))
	case "response.completed", "response.incomplete", "response.failed":
		return r.response(member(data, "response"))
	case "error":
		if nested := member(data, "error"); !isNull(nested) {
			return streamError(nested)
		}
		return streamError(data)
	case "":
		if err := member(data, "error"); !isNull(err) {
			return streamError(err)
		}
	}
	return nil
}

func (r *responsesReply) whole(data []byte) error {
	if isNull(member(data, "status")) && isNull(member(data, "error")) {
		return failure(KindReply, nil)
	}
	return r.response(data)
}

// response takes the whole response, which ends the stream.
func (r *responsesReply) response(response []byte) error {
	if err := member(response, "error"); !isNull(err) {
		return streamError(err)
	}
	if len(r.items) == 0 { // some send the items nowhere else
		for item := range elements(member(response, "output")) {
			if err := r.item(item); err != nil {
				return err
			}
		}
	}
	usage := member(response, "usage")
	in, out := intOf(member(usage, "input_tokens")), intOf(member(usage, "output_tokens"))
	if in >= 0 && out >= 0 {
		r.usage = Usage{in, out}
	}
	switch stringOf(member(response, "status")) {
	case "completed", "":
		r.finish = "stop"
	case "incomplete":
		r.finish = "length"
		if reason := stringOf(member(member(response, "incomplete_details"), "reason")); reason != "" {
			r.finish = reason
		}
	default: // failed, cancelled
		return failure(KindProvider, nil)
	}
	return nil
}

// item takes an output item that is done. Its text has been streamed, unless
// this provider streams none.
func (r *responsesReply) item(item []byte) error {
	if isNull(item) {
		return nil
	}
	if r.size += len(item); r.size > maxEvent {
		return failure(KindTooLong, nil)
	}
	r.items = append(r.items, json.RawMessage(append([]byte(nil), item...)))
	if stringOf(member(item, "type")) != "message" || r.text.Len() > 0 {
		return nil
	}
	for part := range elements(member(item, "content")) {
		for _, name := range []string{"text", "refusal"} {
			if err := r.say(stringOf(member(part, name))); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *responsesReply) reply() reply {
	out := reply{text: r.text.String(), finish: r.finish, usage: r.usage}
	raw := []byte("[")
	for _, item := range r.items {
		if stringOf(member(item, "type")) == "function_call" {
			if len(out.calls) == MaxCalls {
				out.dropped++
				continue
			}
			out.calls = append(out.calls, callOf(item))
		}
		raw = append(appendComma(raw), item...)
	}
	if len(r.items) > 0 {
		out.raw = append(raw, ']')
	}
	return out
}

func callOf(item []byte) modelCall {
	arguments := []byte(stringOf(member(item, "arguments")))
	return modelCall{
		id:        stringOf(member(item, "call_id")),
		name:      stringOf(member(item, "name")),
		arguments: arguments[:min(len(arguments), MaxArguments+1)],
	}
}

package chatkit

import (
	"encoding/json"
	"errors"
)

// A RequestError refuses a request before anything was sent or stored.
type RequestError struct {
	Status int    // of HTTP
	Code   string // a word for programs, snake_case
	Detail string // a sentence for a person: it names the field and holds no internals
}

func (e *RequestError) Error() string { return e.Detail }

// A RequestType names an operation.
type RequestType string

// The sixteen operations.
const (
	TypeCreateThread        RequestType = "threads.create"
	TypeAddUserMessage      RequestType = "threads.add_user_message"
	TypeAddClientToolOutput RequestType = "threads.add_client_tool_output"
	TypeAddStructuredInput  RequestType = "threads.add_structured_input"
	TypeRetryAfterItem      RequestType = "threads.retry_after_item"
	TypeCustomAction        RequestType = "threads.custom_action"
	TypeSyncCustomAction    RequestType = "threads.sync_custom_action"
	TypeGetThread           RequestType = "threads.get_by_id"
	TypeListThreads         RequestType = "threads.list"
	TypeUpdateThread        RequestType = "threads.update"
	TypeDeleteThread        RequestType = "threads.delete"
	TypeListItems           RequestType = "items.list"
	TypeFeedback            RequestType = "items.feedback"
	TypeCreateAttachment    RequestType = "attachments.create"
	TypeDeleteAttachment    RequestType = "attachments.delete"
	TypeTranscribe          RequestType = "input.transcribe"
)

// Streams reports whether the operation is answered with a stream of events.
func (t RequestType) Streams() bool {
	switch t {
	case TypeCreateThread, TypeAddUserMessage, TypeAddClientToolOutput, TypeAddStructuredInput,
		TypeRetryAfterItem, TypeCustomAction:
		return true
	}
	return false
}

// A Request is a decoded and checked request.
type Request struct {
	Type     RequestType
	Metadata json.RawMessage // the envelope's free object for the integration; nil when there is none
	Params   Params
}

// Params are the parameters of an operation, one type for each: *CreateThread,
// *AddUserMessage, *AddClientToolOutput, *AddStructuredInput, *RetryAfterItem,
// *CustomAction, *SyncCustomAction, *GetThread, *ListThreads, *UpdateThread,
// *DeleteThread, *ListItems, *Feedback, *CreateAttachment, *DeleteAttachment
// or *Transcribe.
type Params interface{ record }

// DecodeRequest reads the body of a request. An error is a *RequestError with
// status 400 and code invalid_json (see CheckJSON) or invalid_request.
//
// Keys count only as they are spelled: "Type" is an unknown member, and those
// are ignored. Null is the same as absent. U+0000 is refused in every string,
// since PostgreSQL takes it nowhere. How long things may be is said where they
// are declared; lengths are in characters (Unicode code points).
func DecodeRequest(body []byte) (*Request, error) {
	if err := CheckJSON(body); err != nil {
		return nil, &RequestError{400, "invalid_json", err.Error() + "."}
	}
	r := new(Request)
	err := readChecked(body, func(c *codec) {
		c.noNUL = true
		at := c.space(0)
		if c.in[at] != '{' {
			c.stop(errors.New("the request must be a JSON object"))
			return
		}
		c.readObject(span{at, len(body)}, func() { r.fields(c) })
	})
	if err != nil {
		return nil, &RequestError{400, "invalid_request", err.Error() + "."}
	}
	return r, nil
}

func (r *Request) fields(c *codec) {
	c.text("type", (*string)(&r.Type))
	if r.Params = newParams(r.Type); r.Params == nil {
		c.failAt("type", "must be a known request type, such as %q", TypeCreateThread)
		return
	}
	if _, ok := c.find("metadata"); ok {
		c.object("metadata", &r.Metadata)
	}
	c.record("params", r.Params)
}

// newParams returns empty params, nil for an unknown type.
func newParams(t RequestType) Params {
	switch t {
	case TypeCreateThread:
		return new(CreateThread)
	case TypeAddUserMessage:
		return new(AddUserMessage)
	case TypeAddClientToolOutput:
		return new(AddClientToolOutput)
	case TypeAddStructuredInput:
		return new(AddStructuredInput)
	case TypeRetryAfterItem:
		return new(RetryAfterItem)
	case TypeCustomAction:
		return new(CustomAction)
	case TypeSyncCustomAction:
		return new(SyncCustomAction)
	case TypeGetThread:
		return new(GetThread)
	case TypeListThreads:
		return new(ListThreads)
	case TypeUpdateThread:
		return new(UpdateThread)
	case TypeDeleteThread:
		return new(DeleteThread)
	case TypeListItems:
		return new(ListItems)
	case TypeFeedback:
		return new(Feedback)
	case TypeCreateAttachment:
		return new(CreateAttachment)
	case TypeDeleteAttachment:
		return new(DeleteAttachment)
	case TypeTranscribe:
		return new(Transcribe)
	}
	return nil
}

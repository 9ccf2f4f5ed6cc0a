package chatkit

import "fmt"

// An Attachment is a file that belongs to a message or may yet do so. With a
// PreviewURL it is an image on the wire, otherwise a file.
type Attachment struct {
	ID         string
	Name       string
	MimeType   string
	ThreadID   string            // empty: not yet sent with a message
	PreviewURL string            // loaded by an <img> that bears no token
	Upload     *UploadDescriptor // nil once the bytes are there
	Metadata   map[string]any    // the integration's own, never sent
}

// An UploadDescriptor tells the client where to send the bytes.
type UploadDescriptor struct {
	URL     string
	Method  string // PUT: the raw body; POST: multipart/form-data with the field file
	Headers map[string]string
}

// MarshalAttachment returns the stored form of an attachment, metadata
// included.
func MarshalAttachment(a *Attachment) ([]byte, error) {
	return encode(nil, false, func(c *codec) { c.recordValue(a) })
}

// UnmarshalAttachment reads what MarshalAttachment wrote.
func UnmarshalAttachment(data []byte) (*Attachment, error) {
	a := new(Attachment)
	if err := decode(data, func(c *codec) { c.readObject(whole(data), func() { a.fields(c) }) }); err != nil {
		return nil, fmt.Errorf("read attachment: %w", err)
	}
	return a, nil
}

// AppendJSON appends the wire form of an attachment. When it fails, dst comes
// back as it was.
func (a *Attachment) AppendJSON(dst []byte) ([]byte, error) {
	return encode(dst, true, func(c *codec) { c.recordValue(a) })
}

func (a *Attachment) fields(c *codec) {
	kind := "file"
	if a.PreviewURL != "" {
		kind = "image"
	}
	c.text("type", &kind)
	c.text("id", &a.ID)
	c.text("name", &a.Name)
	c.text("mime_type", &a.MimeType)
	c.optText("thread_id", &a.ThreadID)
	c.optText("preview_url", &a.PreviewURL)
	optional(c, "upload_descriptor", &a.Upload)
	if !c.wire && (c.reading || len(a.Metadata) > 0) {
		c.tree("metadata", &a.Metadata)
	}
}

func (u *UploadDescriptor) fields(c *codec) {
	c.text("url", &u.URL)
	c.text("method", &u.Method)
	c.textMap("headers", &u.Headers)
}

package chatkit

import (
	"encoding/base64"
	"mime"
	"strings"
	"unicode"
)

// maxFileName is how many characters the name or the type of a file has at most.
const maxFileName = 255

// CreateAttachment announces a file that the client is about to upload.
type CreateAttachment struct {
	Name     string // 1 to 255 characters, no path, no control characters
	Size     int    // in bytes, at least 1
	MimeType string // such as image/png; where the browser knows none, application/octet-stream
}

// DeleteAttachment deletes an attachment.
type DeleteAttachment struct{ AttachmentID string }

// Transcribe asks for the text of a recording.
type Transcribe struct {
	Audio    []byte // at least one
	MimeType string // as the browser says it, for example audio/webm;codecs=opus
}

func (p *CreateAttachment) fields(c *codec) {
	c.text("name", &p.Name)
	c.integer("size", &p.Size)
	c.optText("mime_type", &p.MimeType)
	if c.err != nil {
		return
	}
	if problem := CheckFileName(p.Name); problem != "" {
		c.failAt("name", "%s", problem)
	}
	if p.Size < 1 {
		c.failAt("size", "must be at least 1")
	}
	if p.MimeType == "" {
		p.MimeType = "application/octet-stream"
	}
	c.checkMediaType(p.MimeType)
}

// CheckFileName says what is wrong with the name of a file that a user sent, in
// the words that follow "name"; it returns an empty string for a good one.
func CheckFileName(name string) string {
	switch {
	case !visible(name):
		return "must not be empty"
	case len([]rune(name)) > maxFileName:
		return "must have at most 255 characters"
	case strings.ContainsAny(name, `/\`), name == ".", name == "..":
		return "must be the name of a file, without a path"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "must not contain control characters"
	}
	return ""
}

func (c *codec) checkMediaType(s string) (media string) {
	c.longest("mime_type", s, maxFileName)
	media, _, err := mime.ParseMediaType(s)
	if kind, sub, _ := strings.Cut(media, "/"); err != nil || kind == "" || sub == "" {
		c.failAt("mime_type", "must be a media type such as image/png")
	}
	return media
}

func (p *DeleteAttachment) fields(c *codec) { c.id("attachment_id", &p.AttachmentID) }

func (p *Transcribe) fields(c *codec) {
	var audio string
	c.text("audio_base64", &audio)
	c.text("mime_type", &p.MimeType)
	if c.err != nil {
		return
	}
	var err error
	if p.Audio, err = base64.StdEncoding.DecodeString(audio); err != nil || len(p.Audio) == 0 {
		c.failAt("audio_base64", "must be a recording in Base64 (RFC 4648 section 4)")
	}
	if media := c.checkMediaType(p.MimeType); !strings.HasPrefix(media, "audio/") {
		c.failAt("mime_type", "must be a type of sound, such as audio/webm")
	}
}

package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"taskwire/adapter/agent"
	"taskwire/adapter/chatkit"
)

const (
	// maxFileText is how much of an attached text the model reads.
	maxFileText = 64 << 10
	// maxFilesRead is how much of all that is attached in a conversation is read
	// for one answer. It is all in memory meanwhile.
	maxFilesRead = 20 << 20
)

// files are what a model gets of attachments, by their ids.
type files map[string]agent.Part

// filesOf reads what is attached to the message that is answered, then to those
// before it, the newest first, while there is room.
func (s *server) filesOf(ctx context.Context, user string, before []chatkit.Item, in *chatkit.UserMessage) files {
	out, room := files{}, int64(maxFilesRead)
	read := func(m *chatkit.UserMessage) {
		for _, a := range m.Attachments {
			if _, done := out[a.ID]; done {
				continue
			}
			part := s.part(ctx, user, a, room)
			room -= int64(len(part.Text) + len(part.Data))
			out[a.ID] = part
		}
	}
	if in != nil {
		read(in)
	}
	for _, item := range slices.Backward(before) {
		if m, ok := item.(*chatkit.UserMessage); ok {
			read(m)
		}
	}
	return out
}

// userMessage gives a user's message with what it quotes and what is attached.
func userMessage(m *chatkit.UserMessage, files files) agent.Message {
	out := agent.Message{Role: agent.RoleUser, Text: textOfUser(m)}
	if m.QuotedText != "" {
		out.Text += "\n\n(The message refers to this text: \"" + m.QuotedText + "\")"
	}
	for _, a := range m.Attachments {
		out.Parts = append(out.Parts, files[a.ID])
	}
	return out
}

// part reads an attachment: an image or the beginning of a text, if there is room
// for it. What was deleted since, cannot be read or is of another kind is told by
// its name alone.
func (s *server) part(ctx context.Context, user string, a chatkit.Attachment, room int64) agent.Part {
	p := agent.Part{Name: a.Name, MediaType: a.MimeType}
	image := isRaster(a.MimeType)
	if !image && !isText(a.MimeType) || image && !s.cfg.model.vision {
		return p
	}
	row, err := s.chats.Attachment(ctx, user, a.ID)
	if err != nil {
		return p
	}
	size := row.Size
	if !image {
		size = min(size, maxFileText+utf8.UTFMax) // a little more, so that the cut is marked
	}
	if size > room {
		return p
	}
	file, err := s.uploads.vault.open(ctx, row.BlobKey)
	if err != nil {
		return p
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, size))
	switch {
	case err != nil:
	case image:
		p.Data = data
	default:
		p.Text = strings.ToValidUTF8(string(data), "")
	}
	return p
}

func isText(mimeType string) bool {
	return strings.HasPrefix(mimeType, "text/") || mimeType == "application/json"
}

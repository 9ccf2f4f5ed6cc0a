package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"taskwire/edge"
	"taskwire/store"
)

// maxUpload is the largest file.
const maxUpload = 20 << 20

// uploads takes in the files that people attach to their messages.
type uploads struct {
	chats  *store.Chats
	vault  vault
	links  *links
	public string // our address, for the links
	logger *slog.Logger
}

// wireAttachment is an attachment as ChatKit has it, and as the store keeps it.
type wireAttachment struct {
	Type     string            `json:"type"` // file or image
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	MimeType string            `json:"mime_type"`
	Preview  string            `json:"preview_url,omitempty"`
	Upload   *uploadDescriptor `json:"upload_descriptor,omitempty"`
}

type uploadDescriptor struct {
	URL     string            `json:"url"`
	Method  string            `json:"method"`
	Headers map[string]string `json:"headers"`
}

func (u *uploads) wire(user string, a store.Attachment) wireAttachment {
	w := wireAttachment{Type: "file", ID: a.ID, Name: a.Name, MimeType: a.MimeType}
	if isRaster(a.MimeType) {
		w.Type, w.Preview = "image", u.previewURL(user, a.ID)
	}
	return w
}

func (u *uploads) previewURL(user, id string) string {
	return u.public + previewPath + url.PathEscape(id) + "?key=" + u.links.seal(linkPreview, id, user, previewLinkLife)
}

func (u *uploads) uploadURL(user, id string) string {
	return u.public + uploadPath + "/" + url.PathEscape(id) + "?key=" + u.links.seal(linkUpload, id, user, uploadLinkLife)
}

// announce makes an attachment whose bytes are to come to the address in its
// descriptor, once, within 15 minutes. What it is will show then: the type that
// was announced is not believed, but for whether an image is to be shown.
func (u *uploads) announce(ctx context.Context, user, name, mimeType string, size int64) (wireAttachment, error) {
	if err := checkAnnounced(name, size); err != nil {
		return wireAttachment{}, err
	}
	a := store.Attachment{
		ID: u.chats.NewAttachmentID(), Name: name, MimeType: announcedType(mimeType),
		State: store.UploadPending, ExpiresAt: time.Now().Add(uploadLinkLife),
	}
	a.BlobKey = a.ID
	w := u.wire(user, a)
	w.Upload = &uploadDescriptor{URL: u.uploadURL(user, a.ID), Method: http.MethodPut, Headers: map[string]string{}}
	var err error
	if a.Item, err = json.Marshal(w); err != nil {
		return wireAttachment{}, err
	}
	return w, u.chats.SaveAttachment(ctx, user, a)
}

func checkAnnounced(name string, size int64) error {
	switch {
	case !validName(name):
		return errFileName
	case size == 0:
		return errEmptyFile
	case size < 0:
		return refuse(http.StatusBadRequest, "invalid", "size: must be the number of bytes of the file.")
	case size > maxUpload:
		return errFileTooLarge
	}
	return nil
}

// announcedType keeps a type that we know.
func announcedType(mimeType string) string {
	if kind := mediaType(mimeType); knownType(kind) {
		return kind
	}
	return "text/plain"
}

var (
	errFileName     = refuse(http.StatusBadRequest, "invalid", "name: must be 1 to 255 characters, without path and control characters.")
	errEmptyFile    = refuse(http.StatusBadRequest, "invalid", "The file is empty.")
	errFileTooLarge = refuse(http.StatusRequestEntityTooLarge, "too_large", "The file is larger than 20 MiB.")
	errFileType     = refuse(http.StatusUnsupportedMediaType, "unsupported_media_type",
		"Files can be PNG, JPEG, GIF or WebP images, PDF, and text in UTF-8: plain, Markdown, CSV or JSON.")
	errFileTwice = refuse(http.StatusConflict, "conflict", "This file was uploaded already, or its time is over. Attach it anew.")
	errDiskFull  = refuse(http.StatusInsufficientStorage, "disk_full", "There is no room left for files here.")
)

// add makes an attachment out of a file whose bytes come with the request.
func (u *uploads) add(ctx context.Context, user string, f *file) (wireAttachment, error) {
	if !validName(f.name) {
		return wireAttachment{}, errFileName
	}
	a := store.Attachment{
		ID: u.chats.NewAttachmentID(), Name: f.name, MimeType: "text/plain",
		State: store.UploadClaimed, ExpiresAt: time.Now().Add(uploadLinkLife),
	}
	a.BlobKey = a.ID
	if err := u.chats.SaveAttachment(ctx, user, a); err != nil {
		return wireAttachment{}, err
	}
	w, err := u.take(ctx, user, a, f)
	if err != nil {
		u.forget(ctx, user, a)
	}
	return w, err
}

// fulfil takes the bytes of an attachment that was announced.
func (u *uploads) fulfil(ctx context.Context, user, id string, open func() (*file, error)) (wireAttachment, error) {
	a, err := u.chats.ClaimUpload(ctx, user, id)
	switch {
	case errors.Is(err, store.ErrInvalid): // no id that can be
		return wireAttachment{}, errNotFound
	case errors.Is(err, store.ErrConflict):
		return wireAttachment{}, errFileTwice
	case err != nil:
		return wireAttachment{}, err
	}
	f, err := open()
	var w wireAttachment
	if err == nil {
		f.name = a.Name
		w, err = u.take(ctx, user, a, f)
	}
	if err != nil { // the link is good for another try
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyPatience)
		defer cancel()
		if err := u.chats.ReleaseUpload(ctx, user, id); err != nil {
			u.logger.WarnContext(ctx, "upload not released", "err", err)
		}
	}
	return w, err
}

// A file is an upload under way.
type file struct {
	name string
	io.Reader
	// end reads what must follow the bytes, and says whether it did.
	end func() error
}

// take stores the bytes, then notes that they are there. A crash between the
// two leaves a row that expires, and its sweep takes the bytes along.
func (u *uploads) take(ctx context.Context, user string, a store.Attachment, f *file) (wireAttachment, error) {
	head, err := peek(f, sniffLen)
	switch {
	case err != nil:
		return wireAttachment{}, err
	case len(head) == 0:
		return wireAttachment{}, errEmptyFile
	}
	mimeType, isText := sniff(head, f.name)
	a.MimeType = mimeType
	if a.Size, err = u.keep(ctx, a, io.MultiReader(bytes.NewReader(head), f), isText, f.end); err != nil {
		return wireAttachment{}, err
	}
	w := u.wire(user, a)
	if a.Item, err = json.Marshal(w); err != nil {
		return wireAttachment{}, err
	}
	_, err = u.chats.FinishUpload(ctx, user, a)
	switch {
	case errors.Is(err, store.ErrNotFound): // deleted meanwhile: no row leads to the bytes any more
		u.removeBytes(ctx, a.BlobKey)
		return wireAttachment{}, err
	case err != nil: // it may be finished all the same
		return wireAttachment{}, err
	}
	return w, nil
}

// keep writes the bytes to the vault, all of them or none.
func (u *uploads) keep(ctx context.Context, a store.Attachment, from io.Reader, isText bool, end func() error) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, uploadTime)
	defer cancel()
	into, err := u.vault.create(ctx, a.BlobKey, a.MimeType)
	if err != nil {
		return 0, vaultProblem(err)
	}
	var text textCheck
	to := &counted{Writer: into}
	if isText {
		to.Writer = io.MultiWriter(&text, into)
	}
	_, err = io.Copy(to, from)
	if err == nil && isText {
		err = text.end()
	}
	if err == nil {
		err = end()
	}
	if err != nil {
		into.drop()
		return 0, vaultProblem(err)
	}
	if err := into.done(); err != nil {
		return 0, vaultProblem(err)
	}
	return to.n, nil
}

// counted stops at the largest size.
type counted struct {
	io.Writer
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	if c.n += int64(len(p)); c.n > maxUpload {
		return 0, errFileTooLarge
	}
	return c.Writer.Write(p)
}

// vaultProblem words what can go wrong while a file is stored.
func vaultProblem(err error) error {
	if errors.Is(err, errNotText) {
		return errFileType
	}
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, full) {
			return &edge.Refusal{Status: errDiskFull.Status, Code: errDiskFull.Code, Detail: errDiskFull.Detail, Err: err}
		}
	}
	if _, known := errors.AsType[*edge.Refusal](err); known {
		return err
	}
	return later(5*time.Second, &edge.Refusal{
		Status: http.StatusServiceUnavailable, Code: "storage_unavailable", Err: err,
		Detail: "The storage for files is out of reach. Try again in a moment.",
	})
}

// tidyPatience bounds the clearing up after a failed upload, whose client may
// be gone.
const tidyPatience = 5 * time.Second

// forget removes an attachment that did not come to be. What cannot be removed
// now expires, and is swept.
func (u *uploads) forget(ctx context.Context, user string, a store.Attachment) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyPatience)
	defer cancel()
	if err := u.chats.DeleteAttachment(ctx, user, a.ID); err != nil {
		u.logger.WarnContext(ctx, "attachment not removed", "err", err)
	}
}

func (u *uploads) removeBytes(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyPatience)
	defer cancel()
	if err := u.vault.remove(ctx, key); err != nil {
		u.logger.WarnContext(ctx, "file not removed", "err", err)
	}
}

// remove deletes an attachment; one that is not there is no error. The bytes
// go at once where they can, else with the next sweep.
func (u *uploads) remove(ctx context.Context, user, id string) error {
	a, err := u.chats.Attachment(ctx, user, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := u.chats.DeleteAttachment(ctx, user, id); err != nil {
		return err
	}
	u.removeBytes(ctx, a.BlobKey)
	return nil
}

func peek(r io.Reader, n int) ([]byte, error) {
	head := make([]byte, n)
	size, err := io.ReadFull(r, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return head[:size], err
}

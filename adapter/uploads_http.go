package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"taskwire/edge"
	"taskwire/store"
)

const (
	uploadPath  = "/api/chatkit/upload"
	previewPath = "/api/chatkit/attachments/"
)

// directUpload takes a file, multipart with the field file, and answers with
// the attachment.
func (s *server) directUpload(c *gin.Context, user string) error {
	key, err := idempotencyKey(c.Request)
	if err != nil {
		return err
	}
	f, err := multipartFile(c)
	if err != nil {
		return err
	}
	add := func(c *gin.Context, user string) error {
		made, err := s.uploads.add(c.Request.Context(), user, f)
		if err != nil {
			return err
		}
		writeJSON(c, http.StatusOK, made)
		return nil
	}
	if key == "" {
		return add(c, user)
	}
	return s.addOnce(c, user, key, f, add)
}

// fileSum is a header of answers that are kept, and never sent: the sum of the
// file that was uploaded.
const fileSum = "Taskwire-File-Sum"

// addOnce makes an upload safe to repeat. The form as a whole is another one each
// time a browser sends it, and the file may be large: its name and its beginning
// claim the key, and whether the rest is the same shows once it has been read.
func (s *server) addOnce(c *gin.Context, user, key string, f *file, add handler) error {
	head, err := peek(f, sniffLen)
	if err != nil {
		return err
	}
	sum := sha256.New()
	f.Reader = io.TeeReader(io.MultiReader(bytes.NewReader(head), f.Reader), sum)
	cl := claim{endpoint: endpointOf(c), key: key, content: append([]byte(f.name+"\n"), head...)}
	cl.same = func(first store.Answer) error {
		if _, err := io.Copy(io.Discard, f); err != nil {
			return err
		}
		if err := f.end(); err != nil {
			return err
		}
		if http.Header(first.Header).Get(fileSum) != hex.EncodeToString(sum.Sum(nil)) {
			return errKeyReused
		}
		return nil
	}
	return s.onceAt(c, user, cl, func(c *gin.Context, user string) error {
		err := add(c, user)
		c.Writer.Header().Set(fileSum, hex.EncodeToString(sum.Sum(nil)))
		return err
	})
}

// announcedUpload takes the bytes of an attachment that was announced: raw, or
// multipart with the field file.
func (s *server) announcedUpload(c *gin.Context, user string) error {
	if c.Request.Method != http.MethodPost {
		return s.fulfil(c, user, func() (*file, error) { return rawFile(c) })
	}
	key, err := idempotencyKey(c.Request)
	if err != nil {
		return err
	}
	if key == "" {
		return s.fulfil(c, user, func() (*file, error) { return multipartFile(c) })
	}
	f, err := multipartFile(c)
	if err != nil {
		return err
	}
	return s.addOnce(c, user, key, f, func(c *gin.Context, user string) error {
		return s.fulfil(c, user, func() (*file, error) { return f, nil })
	})
}

func (s *server) fulfil(c *gin.Context, user string, open func() (*file, error)) error {
	made, err := s.uploads.fulfil(c.Request.Context(), user, c.Param("id"), open)
	if err != nil {
		return err
	}
	writeJSON(c, http.StatusOK, made)
	return nil
}

// byLink serves whoever has a signed link, and the user by token or secret.
func (s *server) byLink(purpose string, h handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		who := s.byTokenOrSecret
		if key := c.Query("key"); key != "" {
			who = func(*http.Request) (string, error) {
				if user, ok := s.uploads.links.open(purpose, c.Param("id"), key); ok {
					return user, nil
				}
				return "", errLink
			}
		}
		s.as(who, s.counted(h))(c)
	}
}

var errLink = &tokenError{refuse(http.StatusUnauthorized, "link_invalid", "This link is not valid, or no longer.")}

// attachment gives a file back. Nothing in it can act: browsers show raster
// images alone, and even those as if they came from nowhere.
func (s *server) attachment(c *gin.Context, user string) error {
	ctx := c.Request.Context()
	a, err := s.chats.Attachment(ctx, user, c.Param("id"))
	switch {
	case errors.Is(err, store.ErrInvalid): // no id that can be
		return errNotFound
	case err != nil:
		return err
	case a.State != store.UploadFinished:
		return errNotFound
	}
	object, err := s.uploads.vault.open(ctx, a.BlobKey)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return err
	case err != nil:
		return vaultProblem(err)
	}
	defer object.Close()
	disposition := "attachment"
	if isRaster(a.MimeType) {
		disposition = "inline"
	}
	h := c.Writer.Header()
	h.Set("Content-Type", a.MimeType)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": a.Name}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // ChatKit's frame shows them
	h.Set("Referrer-Policy", "no-referrer")               // the link is a key
	h.Set("Cache-Control", "private, max-age=300")
	// No part of it on demand: files are small, and net/http refuses a part that
	// is not there in a form of its own.
	h.Set("Content-Length", strconv.FormatInt(object.size, 10))
	c.Writer.WriteHeader(http.StatusOK)
	if _, err := io.Copy(c.Writer, object); err != nil && ctx.Err() == nil {
		s.logger.WarnContext(ctx, "attachment not sent to its end", "request_id", edge.RequestID(ctx), "err", err)
	}
	return nil
}

// rawFile is the body as it is.
func rawFile(c *gin.Context) (*file, error) {
	r := c.Request
	if r.ContentLength > maxUpload {
		return nil, errFileTooLarge
	}
	return &file{Reader: newUploadBody(c), end: func() error { return nil }}, nil
}

// What a form may have beside the file.
const (
	maxParts     = 10
	maxOtherPart = 64 << 10
	maxFormExtra = 1 << 20
)

// multipartFile finds the field file of a form; the rest of the form is read
// when the file has been.
func multipartFile(c *gin.Context) (*file, error) {
	r := c.Request
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case kind != "multipart/form-data":
		return nil, refuse(http.StatusUnsupportedMediaType, "unsupported_media_type", "The body must be multipart/form-data with the file in the field file.")
	case err != nil, !validBoundary(params["boundary"]):
		return nil, errForm
	}
	if r.ContentLength > maxUpload+maxFormExtra {
		return nil, errFileTooLarge
	}
	form := &form{Reader: multipart.NewReader(io.LimitReader(newUploadBody(c), maxUpload+maxFormExtra), params["boundary"])}
	part, err := form.find()
	if err != nil {
		return nil, err
	}
	_, disposition, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	return &file{name: disposition["filename"], Reader: formReader{part}, end: form.end}, nil
}

// validBoundary holds a form to RFC 2046 section 5.1.1.
func validBoundary(b string) bool { return len(b) >= 1 && len(b) <= 70 }

// A form reads parts, and no more of them than a form has.
type form struct {
	*multipart.Reader
	parts int
}

var errForm = refuse(http.StatusBadRequest, "invalid", "The body is not a whole form with one file in the field file.")

// find skips to the file.
func (f *form) find() (*multipart.Part, error) {
	for {
		part, err := f.next()
		switch {
		case err == io.EOF:
			return nil, errForm
		case err != nil:
			return nil, err
		case part.FormName() == "file":
			return part, nil
		}
		if err := skip(part); err != nil {
			return nil, err
		}
	}
}

// end reads the form to its last boundary: without it, something was cut off.
func (f *form) end() error {
	for {
		part, err := f.next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case part.FormName() == "file":
			return errForm
		}
		if err := skip(part); err != nil {
			return err
		}
	}
}

func (f *form) next() (*multipart.Part, error) {
	if f.parts++; f.parts > maxParts {
		return nil, errForm
	}
	part, err := f.NextPart()
	if err != nil && err != io.EOF {
		return nil, formProblem(err)
	}
	return part, err
}

func skip(part *multipart.Part) error {
	n, err := io.Copy(io.Discard, io.LimitReader(part, maxOtherPart+1))
	if err != nil {
		return formProblem(err)
	}
	if n > maxOtherPart {
		return errForm
	}
	return nil
}

// formReader words what goes wrong while the file is read.
type formReader struct{ part *multipart.Part }

func (f formReader) Read(p []byte) (int, error) {
	n, err := f.part.Read(p)
	if err != nil && err != io.EOF {
		err = formProblem(err)
	}
	return n, err
}

// formProblem lets pass what the body itself has to say: too large, cut off.
func formProblem(err error) error {
	if refusal, ok := errors.AsType[*edge.Refusal](err); ok {
		return refusal
	}
	return errForm
}

// How slowly an upload may come: a piece every so often, all of it in time.
const (
	uploadPause = 10 * time.Second
	uploadTime  = 10 * time.Minute
)

// uploadBody reads a body that may take longer than others.
type uploadBody struct {
	io.Reader
	c    *gin.Context
	rc   *http.ResponseController
	last time.Time // when all of it has to be there
}

func newUploadBody(c *gin.Context) *uploadBody {
	return &uploadBody{
		Reader: c.Request.Body, c: c, last: time.Now().Add(uploadTime),
		rc: http.NewResponseController(c.Writer),
	}
}

func (b *uploadBody) Read(p []byte) (int, error) {
	until := time.Now().Add(uploadPause)
	if until.After(b.last) {
		until = b.last
	}
	_ = b.rc.SetReadDeadline(until) // a recorder in a test has none
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = edge.BodyError(b.c.Writer, err)
	}
	return n, err
}

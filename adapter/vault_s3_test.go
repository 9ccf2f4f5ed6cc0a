package main

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/store"
)

// A bucket speaks as much of S3 as files need.
type bucket struct {
	URL string

	mu      sync.Mutex
	objects map[string][]byte
	parts   map[string]map[int][]byte // of uploads in parts, by id
	fault   int                       // the status of every answer; 0: none
}

func startBucket(t testing.TB) *bucket {
	b := &bucket{objects: map[string][]byte{}, parts: map[string]map[int][]byte{}}
	server := httptest.NewServer(b)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	b.URL = server.URL
	return b
}

// at is the bucket as an operator names it.
func (b *bucket) at() string {
	return "s3://files?endpoint=" + b.URL + "&region=eu-central-1&use_path_style=true&anonymous=true"
}

func (b *bucket) fails(status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = status
}

// keys lists what is stored, and what is begun and neither finished nor dropped.
func (b *bucket) keys() (objects []string, begun int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key := range b.objects {
		objects = append(objects, key)
	}
	return objects, len(b.parts)
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") {
		body = unchunked(body)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fault != 0 {
		b.refuse(w, b.fault, "AccessDenied")
		return
	}
	key, query := strings.TrimPrefix(r.URL.Path, "/files/"), r.URL.Query()
	id := query.Get("uploadId")
	switch {
	case r.Method == "POST" && query.Has("uploads"):
		id = strconv.Itoa(len(b.parts))
		b.parts[id] = map[int][]byte{}
		fmt.Fprintf(w, `<InitiateMultipartUploadResult><Bucket>files</Bucket><Key>%s</Key><UploadId>%s</UploadId></InitiateMultipartUploadResult>`, key, id)
	case r.Method == "PUT" && id != "":
		number, _ := strconv.Atoi(query.Get("partNumber"))
		b.parts[id][number] = body
		w.Header().Set("ETag", `"part"`)
	case r.Method == "POST" && id != "":
		var whole []byte
		for n := range len(b.parts[id]) {
			whole = append(whole, b.parts[id][n+1]...)
		}
		b.objects[key] = whole
		delete(b.parts, id)
		fmt.Fprint(w, `<CompleteMultipartUploadResult><Key>`+key+`</Key><ETag>"all"</ETag></CompleteMultipartUploadResult>`)
	case r.Method == "DELETE" && id != "":
		delete(b.parts, id)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == "PUT":
		b.objects[key] = body
		w.Header().Set("ETag", `"all"`)
	case r.Method == "DELETE":
		delete(b.objects, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		object, ok := b.objects[key]
		if !ok {
			b.refuse(w, http.StatusNotFound, "NoSuchKey")
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(object)))
		w.Header().Set("Last-Modified", "Mon, 23 Nov 2026 12:00:00 GMT")
		if r.Method == "GET" {
			_, _ = w.Write(object)
		}
	}
}

func (b *bucket) refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: "bucket files at 10.9.8.7"})
}

// unchunked takes S3's own chunks apart: a size, perhaps with a signature, the
// bytes, and trailers at the end.
func unchunked(body []byte) (out []byte) {
	r := bufio.NewReader(bytes.NewReader(body))
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return out
		}
		size, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		n, err := strconv.ParseInt(size, 16, 64)
		if err != nil || n == 0 {
			return out
		}
		chunk := make([]byte, n)
		if _, err := io.ReadFull(r, chunk); err != nil {
			return out
		}
		out = append(out, chunk...)
		_, _ = r.ReadString('\n')
	}
}

// Files lie as well in a bucket as in a folder: small and large, and not at all
// when something goes wrong.
func TestUploadsToS3(t *testing.T) {
	t.Parallel()
	b := startBucket(t)
	h := start(t, setup{noTools: true, env: map[string]string{"UPLOADS_URL": b.at()}})
	alice := h.as(t, "alice")
	large := strings.Repeat("سلام world\n", 9<<20/15)
	for name, content := range map[string]string{"small.txt": "hello", "large.txt": large, "photo.png": pngFile} {
		w := h.uploaded(t, "alice", name, content)
		if a := h.send(t, "GET", previewPath+w.ID, "", alice).ok(t, 200); a.Body != content || a.Header.Get("Content-Length") != strconv.Itoa(len(content)) {
			t.Errorf("%s came back with %d bytes, want %d", name, len(a.Body), len(content))
		}
		h.removeAttachment(t, "alice", w.ID).ok(t, 200)
	}
	if _, err := h.Server.chats.Sweep(t.Context(), h.Server.uploads.vault.remove); err != nil {
		t.Fatal(err)
	}
	before := h.hash(t)
	for name, content := range map[string]string{"binary.txt": large + "\x00", "cut.txt": large + "\xd8", "late.txt": "a\x00", "too large.txt": strings.Repeat(large, 3)} {
		if a := h.upload(t, "alice", name, "text/plain", content); a.Status != 415 && a.Status != 413 {
			t.Errorf("%s: HTTP %d, %s", name, a.Status, a.Body)
		}
	}
	if objects, begun := b.keys(); len(objects) != 0 || begun != 0 {
		t.Errorf("left in the bucket: %q, and %d that were begun", objects, begun)
	}
	h.sweptLike(t, before)
}

// A storage that is out of reach is told as such, and used again when it is back.
func TestUploadsWithoutStorage(t *testing.T) {
	t.Parallel()
	b := startBucket(t)
	h := start(t, setup{noTools: true, env: map[string]string{"UPLOADS_URL": b.at()}})
	alice := h.as(t, "alice")
	w := h.uploaded(t, "alice", "a.txt", "hello")
	_, path := h.announced(t, "alice", "b.txt", "text/plain", 5)
	b.fails(http.StatusForbidden)
	for name, a := range map[string]answer{
		"direct":    h.upload(t, "alice", "c.txt", "text/plain", "hello"),
		"announced": h.send(t, "PUT", path, "hello", nil),
		"preview":   h.send(t, "GET", previewPath+w.ID, "", alice),
	} {
		if a.refused(t, 503, "storage_unavailable"); strings.Contains(a.Body, "10.9.8.7") || strings.Contains(a.Body, "AccessDenied") {
			t.Errorf("%s: the storage's words are told: %s", name, a.Body)
		}
	}
	h.removeAttachment(t, "alice", w.ID).ok(t, 200)
	h.send(t, "GET", previewPath+w.ID, "", alice).refused(t, 404, "not_found")
	if _, err := h.Server.chats.Sweep(t.Context(), h.Server.uploads.vault.remove); err == nil {
		t.Error("the sweep forgets files that it could not remove")
	}
	b.fails(0)
	if objects, _ := b.keys(); len(objects) != 1 {
		t.Errorf("the bucket holds %q, want the file that could not be removed", objects)
	}
	if _, err := h.Server.chats.Sweep(t.Context(), h.Server.uploads.vault.remove); err != nil {
		t.Fatal(err)
	}
	if objects, _ := b.keys(); len(objects) != 0 {
		t.Errorf("after the sweep the bucket holds %q", objects)
	}
	h.send(t, "PUT", path, "hello", nil).ok(t, 200)
}

// A bucket that nobody has heard of is found out when it is first used; one that
// lost an object says that it is not there.
func TestUploadsLostInS3(t *testing.T) {
	t.Parallel()
	b := startBucket(t)
	h := start(t, setup{noTools: true, env: map[string]string{"UPLOADS_URL": b.at()}})
	w := h.uploaded(t, "alice", "a.txt", "hello")
	if err := h.Server.uploads.vault.remove(t.Context(), w.ID); err != nil {
		t.Fatal(err)
	}
	h.send(t, "GET", previewPath+w.ID, "", h.as(t, "alice")).refused(t, 404, "not_found")
	if _, err := h.Server.uploads.vault.open(t.Context(), w.ID); err != store.ErrNotFound {
		t.Errorf("open: %v", err)
	}
}

// The user sees the own message while its file is still on its way.
func TestSlowStorageHoldsNothingBack(t *testing.T) {
	t.Parallel()
	b, model := startBucket(t), startModel(t)
	h := start(t, setup{env: model.env(map[string]string{"UPLOADS_URL": b.at()})})
	c := h.chat(t, model)
	file := h.uploaded(t, c.user, "notes.md", "of yesterday")
	b.mu.Lock()
	hurry := time.AfterFunc(10*time.Second, b.mu.Unlock)
	rest := h.streamUntil(t, "stream_options", sayWith("", fmt.Sprintf("read this (no. %d)", c.number), file.ID), c.header)
	if !hurry.Stop() {
		t.Error("nothing was shown before the file was read")
	} else {
		b.mu.Unlock()
	}
	c.ends(rest())
	if asked := c.asked(); !strings.Contains(string(asked[0].Body), "of yesterday") {
		t.Errorf("the model reads %s", asked[0].Body)
	}
}

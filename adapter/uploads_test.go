package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"taskwire/store/storetest"
)

// Files by how they begin.
const (
	pngFile  = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
	htmlFile = "<html><script>alert(1)</script></html>"
	svgFile  = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
)

// formOf is a form with one file.
func formOf(t testing.TB, name, mimeType, content string) (contentType, body string) {
	t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf("form-data; name=%q; filename=%q", "file", name)}, "Content-Type": {mimeType},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(part, content)
	w.Close()
	return w.FormDataContentType(), buf.String()
}

func (h *harness) upload(t testing.TB, user, name, mimeType, content string) answer {
	t.Helper()
	contentType, body := formOf(t, name, mimeType, content)
	return h.send(t, "POST", "/api/chatkit/upload", body, h.as(t, user).with("Content-Type", contentType))
}

// stored lists the files of the vault.
func (h *harness) stored(t testing.TB) (names []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(h.env["TASKWIRE_DATA"], "uploads"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func (h *harness) local(url string) string { return strings.TrimPrefix(url, h.Base) }

func TestDirectUpload(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	var made wireAttachment
	h.upload(t, "alice", "photo.png", "text/html", pngFile).ok(t, 200).decode(t, &made)
	if made.Type != "image" || made.MimeType != "image/png" || made.Name != "photo.png" || made.ID == "" || made.Upload != nil {
		t.Fatalf("made %+v", made)
	}
	// Whoever has the link sees it, without a token and from another site.
	a := h.send(t, "GET", h.local(made.Preview), "", header{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}).ok(t, 200)
	for name, want := range map[string]string{
		"Content-Type": "image/png", "Content-Disposition": "inline; filename=photo.png", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Cross-Origin-Resource-Policy": "cross-origin",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if a.Body != pngFile {
		t.Errorf("came back as %q", a.Body)
	}
	path := previewPath + made.ID
	h.send(t, "GET", path, "", h.as(t, "alice")).ok(t, 200)
	h.send(t, "GET", path, "", header{"Authorization": "Bearer " + h.secret(t, "alice")}).ok(t, 200)
	h.send(t, "GET", path, "", h.as(t, "bob")).refused(t, 404, "not_found")
	h.send(t, "GET", path, "", nil).refused(t, 401, "token_missing")
	h.send(t, "GET", path+"?key=x", "", h.as(t, "alice")).refused(t, 401, "link_invalid")
	h.send(t, "GET", path+"?key="+h.Server.uploads.links.seal(linkUpload, made.ID, "alice", time.Hour), "", nil).refused(t, 401, "link_invalid")
	h.send(t, "GET", path+"?key="+h.Server.uploads.links.seal(linkPreview, made.ID, "alice", 0), "", nil).refused(t, 401, "link_invalid")
	h.send(t, "GET", path+"?key="+h.Server.uploads.links.seal(linkPreview, "atc_other", "alice", time.Hour), "", nil).refused(t, 401, "link_invalid")
	h.send(t, "GET", path+"?key="+h.Server.uploads.links.seal(linkPreview, made.ID, "bob", time.Hour), "", nil).refused(t, 404, "not_found")
}

// What a file is shows in its bytes, whatever it is called.
func TestUploadTypes(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	for name, c := range map[string]struct{ content, want string }{
		"a.png": {pngFile, "image/png"}, "b.txt": {pngFile, "image/png"}, "c.jpg": {"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"},
		"d.gif": {"GIF89a\x01\x00", "image/gif"}, "e.webp": {"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"}, "f": {"%PDF-1.7\n\x80", "application/pdf"},
		"g.txt": {"سلام", "text/plain"}, "h.md": {"# Title", "text/markdown"}, "i.csv": {"a,b\r\n1,2", "text/csv"}, "j.json": {` {"a":1}`, "application/json"},
		"k.json": {"hello", "text/plain"}, "l.png": {htmlFile, "text/plain"}, "m.svg": {svgFile, "text/plain"}, "n.html": {htmlFile, "text/plain"},
	} {
		var made wireAttachment
		h.upload(t, "alice", name, "image/png", c.content).ok(t, 200).decode(t, &made)
		if made.MimeType != c.want || (made.Type == "image") != strings.HasPrefix(c.want, "image/") || (made.Preview != "") != (made.Type == "image") {
			t.Errorf("%s: %+v, want %s", name, made, c.want)
		}
		a := h.send(t, "GET", previewPath+made.ID, "", h.as(t, "alice")).ok(t, 200)
		if a.Body != c.content || a.Header.Get("Content-Type") != c.want {
			t.Errorf("%s came back as %s, %q", name, a.Header.Get("Content-Type"), a.Body)
		}
		if got := strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment"); got == strings.HasPrefix(c.want, "image/") {
			t.Errorf("%s: Content-Disposition %s", name, a.Header.Get("Content-Disposition"))
		}
	}
	for name, content := range map[string]string{
		"zip": "PK\x03\x04", "ELF": "\x7fELF\x02\x01", "NUL": "a\x00b", "Latin-1": "caf\xe9", "UTF-16": "\xff\xfeh\x00i\x00", "a cut character": "abc\xd8",
		"binary behind the head": strings.Repeat("a", 100_000) + "\x00", "BMP": "BM\x01\x02",
	} {
		if a := h.upload(t, "alice", "x.txt", "text/plain", content); a.problem().Status != 415 {
			t.Errorf("%s: HTTP %d, %s, want 415", name, a.Status, a.Body)
		}
	}
	if got := len(h.stored(t)); got != 14 {
		t.Errorf("%d files are stored, want 14", got)
	}
}

func TestUploadRefuses(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	before := h.hash(t)
	h.upload(t, "alice", "a.txt", "text/plain", "").refused(t, 400, "invalid")
	for _, name := range []string{"", ".", "..", "../x.txt", "/etc/passwd", `C:\x.txt`, "a\u202etxt.exe", strings.Repeat("ن", 256), " "} {
		h.upload(t, "alice", name, "text/plain", "x").refused(t, 400, "invalid")
	}
	h.upload(t, "alice", "big.txt", "text/plain", strings.Repeat("x", maxUpload+1)).refused(t, 413, "too_large")
	boundary := "multipart/form-data; boundary="
	part := "--b\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"a.txt\"\r\n\r\nhello\r\n"
	for name, c := range map[string]struct {
		contentType, body string
		status            int
	}{
		"no form":             {"text/plain", "hello", 415},
		"no boundary":         {"multipart/form-data", "hello", 400},
		"a long boundary":     {boundary + strings.Repeat("b", 71), "hello", 400},
		"a huge boundary":     {boundary + strings.Repeat("b", 8<<10), "hello", 400},
		"no end":              {boundary + "b", fmt.Sprintf(part, "file"), 400},
		"cut in the file":     {boundary + "b", fmt.Sprintf(part, "file")[:74], 400},
		"no file":             {boundary + "b", fmt.Sprintf(part, "other") + "--b--\r\n", 400},
		"two files":           {boundary + "b", fmt.Sprintf(part, "file") + fmt.Sprintf(part, "file") + "--b--\r\n", 400},
		"many parts":          {boundary + "b", strings.Repeat(fmt.Sprintf(part, "x"), 10_000) + fmt.Sprintf(part, "file") + "--b--\r\n", 400},
		"many parts after it": {boundary + "b", fmt.Sprintf(part, "file") + strings.Repeat(fmt.Sprintf(part, "x"), 10_000) + "--b--\r\n", 400},
		"a large other part":  {boundary + "b", "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n" + strings.Repeat("x", 100_000) + "\r\n" + fmt.Sprintf(part, "file") + "--b--\r\n", 400},
		"many headers":        {boundary + "b", "--b\r\n" + strings.Repeat("X-A: b\r\n", 20_000) + "\r\nhello\r\n--b--\r\n", 400},
		"nothing":             {boundary + "b", "--b--\r\n", 400},
	} {
		a := h.send(t, "POST", "/api/chatkit/upload", c.body, h.as(t, "alice").with("Content-Type", c.contentType))
		if a.Status != c.status || a.problem().Status != c.status {
			t.Errorf("%s: HTTP %d, %s, want %d", name, a.Status, a.Body, c.status)
		}
	}
	if left := h.stored(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	h.sweptLike(t, before)
}

// sweptLike fails unless nothing but rows that are going remains.
func (h *harness) sweptLike(t testing.TB, before string) {
	t.Helper()
	if _, err := h.Server.chats.Sweep(t.Context(), h.Server.uploads.vault.remove); err != nil {
		t.Fatal(err)
	}
	if h.hash(t) != before {
		for _, table := range storetest.Tables() {
			t.Logf("%s has %d rows", table, storetest.Count(t, h.Database, table))
		}
		t.Error("rows are left behind")
	}
}

func TestAnnouncedUpload(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	announce := func(name string) (wireAttachment, string) {
		t.Helper()
		w, err := h.Server.uploads.announce(t.Context(), "alice", name, "image/png", 10)
		if err != nil {
			t.Fatal(err)
		}
		if w.Upload.Method != "PUT" || w.Type != "image" {
			t.Errorf("announced %+v", w)
		}
		return w, h.local(w.Upload.URL)
	}
	t.Run("once", func(t *testing.T) {
		w, url := announce("a.png")
		h.send(t, "GET", previewPath+w.ID, "", h.as(t, "alice")).refused(t, 404, "not_found")
		var made wireAttachment
		h.send(t, "PUT", url, pngFile, header{"Content-Type": "image/png"}).ok(t, 200).decode(t, &made)
		if made.ID != w.ID || made.Upload != nil || made.MimeType != "image/png" {
			t.Errorf("made %+v", made)
		}
		h.send(t, "PUT", url, pngFile, nil).refused(t, 409, "conflict")
		h.send(t, "GET", previewPath+w.ID, "", h.as(t, "alice")).ok(t, 200)
	})
	t.Run("as a form, by the user", func(t *testing.T) {
		w, _ := announce("a.png")
		contentType, body := formOf(t, "other.png", "image/png", pngFile)
		var made wireAttachment
		h.send(t, "POST", uploadPath+"/"+w.ID, body, h.as(t, "alice").with("Content-Type", contentType)).ok(t, 200).decode(t, &made)
		if made.Name != "a.png" {
			t.Errorf("made %+v", made)
		}
	})
	t.Run("as a form, once", func(t *testing.T) {
		w, _ := announce("a.txt")
		send := func(key, content string, twice bool) answer {
			contentType, body := formOf(t, "a.txt", "text/plain", content)
			if twice {
				_, boundary, _ := strings.Cut(contentType, "boundary=")
				part := strings.TrimSuffix(body, "--"+boundary+"--\r\n")
				body = part + part + "--" + boundary + "--\r\n"
			}
			hd := h.as(t, "alice").with("Content-Type", contentType)
			if key != "" {
				hd = hd.with("Idempotency-Key", key)
			}
			return h.send(t, "POST", uploadPath+"/"+w.ID, body, hd)
		}
		send("k", "a\x00b", false).refused(t, 415, "unsupported_media_type")
		first := send("k", "hello", false).ok(t, 200)
		if again := send("k", "hello", false).ok(t, 200); again.Body != first.Body {
			t.Errorf("again: %s, want %s", again.Body, first.Body)
		}
		send("k", "other", false).refused(t, 422, "key_reused")
		send("", "hello", false).refused(t, 409, "conflict")
		send("k", "hello", true).refused(t, 400, "invalid")
	})
	t.Run("again after a mistake", func(t *testing.T) {
		w, url := announce("b.txt")
		h.send(t, "PUT", url, "", nil).refused(t, 400, "invalid")
		h.send(t, "PUT", url, "a\x00b", nil).refused(t, 415, "unsupported_media_type")
		var made wireAttachment
		h.send(t, "PUT", url, "hello", nil).ok(t, 200).decode(t, &made)
		if made.ID != w.ID || made.Type != "file" || made.MimeType != "text/plain" {
			t.Errorf("made %+v", made)
		}
	})
	t.Run("nobody else's", func(t *testing.T) {
		w, url := announce("c.png")
		path := uploadPath + "/" + w.ID
		h.send(t, "PUT", path, pngFile, h.as(t, "bob")).refused(t, 404, "not_found")
		h.send(t, "PUT", path, pngFile, nil).refused(t, 401, "token_missing")
		h.send(t, "PUT", path+"?key="+h.Server.uploads.links.seal(linkUpload, w.ID, "bob", time.Hour), pngFile, nil).refused(t, 404, "not_found")
		key := url[strings.Index(url, "key=")+4:]
		for i := range key {
			forged := []byte(key)
			if forged[i]++; forged[i] == 'z'+1 || forged[i] == '9'+1 || forged[i] == 'Z'+1 || forged[i] == '.' || forged[i] == '`' {
				forged[i] = 'a' + byte(i%2)
				if forged[i] == key[i] {
					continue
				}
			}
			if _, ok := h.Server.uploads.links.open(linkUpload, w.ID, string(forged)); ok {
				t.Fatalf("taken with character %d changed", i)
			}
		}
	})
	for name, c := range map[string]struct {
		name string
		size int64
	}{"no name": {"", 1}, "a path": {"a/b", 1}, "empty": {"a", 0}, "negative": {"a", -1}, "too large": {"a", maxUpload + 1}} {
		if w, err := h.Server.uploads.announce(t.Context(), "alice", c.name, "", c.size); err == nil {
			t.Errorf("%s: announced %+v", name, w)
		}
	}
}

// A client that promises more than it sends, or sends nothing, keeps nothing.
func TestUploadCutOff(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	before := h.hash(t)
	contentType, body := formOf(t, "a.txt", "text/plain", strings.Repeat("x", 1000))
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.Base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /api/chatkit/upload HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		h.token(t, "alice"), contentType, len(body)+100, body[:len(body)-100])
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answered, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answered), "HTTP/1.1 400") {
		t.Errorf("%q, %v, want 400", answered, err)
	}
	if left := h.stored(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	h.sweptLike(t, before)
}

// fullDisk has room for so many bytes, then none.
type fullDisk struct {
	vault
	room int
}

func (d *fullDisk) create(ctx context.Context, key, mimeType string) (object, error) {
	o, err := d.vault.create(ctx, key, mimeType)
	return &fullObject{o, d.room}, err
}

type fullObject struct {
	object
	room int
}

func (o *fullObject) Write(p []byte) (int, error) {
	n, err := o.object.Write(p[:min(len(p), o.room)])
	if o.room -= n; err == nil && n < len(p) {
		err = &os.PathError{Op: "write", Path: "uploads", Err: syscall.ENOSPC}
	}
	return n, err
}

func TestUploadDiskFull(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true, before: func(s *server) { s.uploads.vault = &fullDisk{s.uploads.vault, 50_000} }})
	before := h.hash(t)
	a := h.upload(t, "alice", "a.txt", "text/plain", strings.Repeat("x", 100_000))
	if a.refused(t, 507, "disk_full"); strings.Contains(a.Body, "uploads") {
		t.Errorf("a path is told: %s", a.Body)
	}
	if left := h.stored(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	h.sweptLike(t, before)
	h.upload(t, "alice", "a.txt", "text/plain", "small").ok(t, 200)
}

func TestDeletedAttachment(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	var made wireAttachment
	h.upload(t, "alice", "a.txt", "text/plain", "hello").ok(t, 200).decode(t, &made)
	if err := h.Server.uploads.remove(t.Context(), "bob", made.ID); err != nil {
		t.Errorf("what is not there: %v", err)
	}
	h.send(t, "GET", previewPath+made.ID, "", h.as(t, "alice")).ok(t, 200)
	for range 2 {
		if err := h.Server.uploads.remove(t.Context(), "alice", made.ID); err != nil {
			t.Fatal(err)
		}
	}
	h.send(t, "GET", previewPath+made.ID, "", h.as(t, "alice")).refused(t, 404, "not_found")
	if left := h.stored(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Uploads go where the operator says.
func TestUploadsURL(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "files")
	h := start(t, setup{noTools: true, env: map[string]string{"UPLOADS_URL": "file://" + dir}})
	h.upload(t, "alice", "a.txt", "text/plain", "hello").ok(t, http.StatusOK)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

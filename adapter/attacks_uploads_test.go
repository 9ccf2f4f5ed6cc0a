package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"taskwire/identity"
)

// announced asks for a place for a file, as a page does, and gives it with the
// path of its link.
func (h *harness) announced(t testing.TB, user, name, mimeType string, size int) (w wireAttachment, path string) {
	t.Helper()
	h.announce(t, user, name, mimeType, size).ok(t, 200).decode(t, &w)
	if w.Upload == nil || w.Upload.Method != "PUT" || !strings.HasPrefix(w.Upload.URL, h.Base+uploadPath+"/"+w.ID+"?key=") {
		t.Fatalf("announced %+v", w)
	}
	return w, h.local(w.Upload.URL)
}

func (h *harness) announce(t testing.TB, user, name, mimeType string, size any) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"type": "attachments.create", "params": map[string]any{"name": name, "size": size, "mime_type": mimeType}})
	if err != nil {
		t.Fatal(err)
	}
	return h.send(t, "POST", "/api/chatkit", string(body), h.as(t, user))
}

func (h *harness) removeAttachment(t testing.TB, user, id string) answer {
	t.Helper()
	return h.send(t, "POST", "/api/chatkit", fmt.Sprintf(`{"type":"attachments.delete","params":{"attachment_id":%q}}`, id), h.as(t, user))
}

// uploaded is a file of a user's that is there.
func (h *harness) uploaded(t testing.TB, user, name, content string) (w wireAttachment) {
	t.Helper()
	h.upload(t, user, name, "", content).ok(t, 200).decode(t, &w)
	return w
}

// alive: whatever came before, others are served.
func (h *harness) alive(t testing.TB) {
	t.Helper()
	h.send(t, "GET", "/healthz", "", nil).ok(t, 200)
	w := h.uploaded(t, "carol", "a.txt", "alive")
	h.removeAttachment(t, "carol", w.ID).ok(t, 200)
}

// onWire sends bytes as they are, and then their end if they are all, and gives
// what comes back until the server closes.
func (h *harness) onWire(t testing.TB, request string, all bool) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.Base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if all {
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
	}
	back, err := io.ReadAll(conn)
	if err != nil && len(back) == 0 {
		t.Fatal(err)
	}
	return string(back)
}

// U02: what the length says and what comes do not agree.
func TestAttackUploadLengths(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	w, path := h.announced(t, "alice", "a.txt", "text/plain", 100)
	contentType, form := formOf(t, "a.txt", "text/plain", strings.Repeat("x", 1000))
	head := fmt.Sprintf("Host: localhost\r\nAuthorization: Bearer %s\r\n", h.token(t, "alice"))
	before := h.hash(t)
	for name, request := range map[string]string{
		"larger, raw":        fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200\r\n\r\nhello", path),
		"larger, huge":       fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\n%s", path, strings.Repeat("x", 100_000)),
		"larger, a form":     fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", path, contentType, len(form)+1, form[:len(form)-10]),
		"smaller, a form":    fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", path, contentType, len(form)-100, form),
		"smaller, direct":    fmt.Sprintf("POST %s HTTP/1.1\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", uploadPath, head, contentType, len(form)-1000, form),
		"two lengths":        fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", path),
		"a negative one":     fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\nhello", path),
		"and chunks":         fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", path),
		"chunks without end": fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", path),
		"a chunk too short":  fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n500\r\nhello\r\n0\r\n\r\n", path),
		"none":               fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: localhost\r\n\r\nhello", path),
	} {
		// What follows a length that is too small is another request, and none.
		if back := h.onWire(t, request, !strings.HasPrefix(name, "smaller")); !strings.HasPrefix(back, "HTTP/1.1 400") {
			t.Errorf("%s: %.300q, want 400", name, back)
		}
	}
	if left := h.stored(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	h.sweptLike(t, before)
	var made wireAttachment
	h.send(t, "PUT", path, "hello", nil).ok(t, 200).decode(t, &made) // the link is still good
	if made.ID != w.ID {
		t.Errorf("made %+v", made)
	}
	h.alive(t)
}

// U04: whatever a file is called, says it is or holds, nothing in it acts.
func TestAttackUploadActiveContent(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	for name, c := range map[string]struct{ content, mimeType, disposition string }{
		"page.html":                       {htmlFile, "text/plain", "attachment"},
		"drawing.svg":                     {svgFile, "text/plain", "attachment"},
		"photo.png":                       {htmlFile, "text/plain", "attachment"},
		"notes.md":                        {htmlFile, "text/markdown", "attachment"},
		"data.json":                       {`["</script><script>alert(1)</script>"]`, "application/json", "attachment"},
		"both.gif":                        {"GIF89a=1;/*" + htmlFile + "*/", "image/gif", "inline"},
		"both.pdf":                        {"%PDF-1.7 " + htmlFile, "application/pdf", "attachment"},
		"a\"b;c=d'.txt":                   {"x", "text/plain", "attachment"},
		"کام کی فہرست 🚀.txt":              {"x", "text/plain", "attachment"},
		"%0d%0aX-Evil: 1.txt":             {"x", "text/plain", "attachment"},
		"<b>.txt":                         {"x", "text/plain", "attachment"},
		strings.Repeat("ن", 251) + ".txt": {"x", "text/plain", "attachment"},
	} {
		w, path := h.announced(t, "alice", name, "image/png", len(c.content))
		h.send(t, "PUT", path, c.content, header{"Content-Type": "text/html"}).ok(t, 200)
		link := h.local(h.Server.uploads.previewURL("alice", w.ID))
		a := h.send(t, "GET", link+"&Content-Type=text/html", "", header{"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}).ok(t, 200)
		if a.Body != c.content || a.Header.Get("Content-Type") != c.mimeType || a.Header.Get("X-Content-Type-Options") != "nosniff" ||
			a.Header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || a.Header.Get("X-Evil") != "" {
			t.Errorf("%s: %v", name, a.Header)
		}
		disposition, params, err := mime.ParseMediaType(a.Header.Get("Content-Disposition"))
		if err != nil || disposition != c.disposition || params["filename"] != name {
			t.Errorf("%s: Content-Disposition %s (%v)", name, a.Header.Get("Content-Disposition"), err)
		}
	}
}

// U06: forms that nobody writes.
func TestAttackUploadForms(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	before := h.hash(t)
	const file = "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n"
	for name, c := range map[string]struct{ contentType, body string }{
		"nested":              {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"x\"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n" + file + "\r\nhello\r\n--c--\r\n--b--\r\n"},
		"nested 1,000 deep":   {"multipart/form-data; boundary=b", strings.Repeat("--b\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n", 1000) + "--b--\r\n"},
		"ends at once":        {"multipart/form-data; boundary=b", ""},
		"no boundary":         {"multipart/form-data", "--b\r\n" + file + "\r\nhello\r\n--b--\r\n"},
		"an empty boundary":   {`multipart/form-data; boundary=""`, "--\r\n" + file + "\r\nhello\r\n----\r\n"},
		"a long boundary":     {"multipart/form-data; boundary=" + strings.Repeat("b", 71), "x"},
		"another boundary":    {"multipart/form-data; boundary=c", "--b\r\n" + file + "\r\nhello\r\n--b--\r\n"},
		"only line ends":      {"multipart/form-data; boundary=b", strings.Repeat("\r\n", 1<<20)},
		"only boundaries":     {"multipart/form-data; boundary=b", strings.Repeat("--b\r\n", 100_000)},
		"no name of the file": {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nhello\r\n--b--\r\n"},
		"a name of no text":   {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\xff.txt\"\r\n\r\nhello\r\n--b--\r\n"},
		"a path, encoded":     {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd\r\n\r\nhello\r\n--b--\r\n"},
		"a line end, encoded": {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''a%0D%0AX-Evil:1.txt\r\n\r\nhello\r\n--b--\r\n"},
	} {
		a := h.send(t, "POST", uploadPath, c.body, h.as(t, "alice").with("Content-Type", c.contentType))
		if a.Status != 400 || a.problem().Code != "invalid" {
			t.Errorf("%s: HTTP %d, %s, want 400", name, a.Status, a.Body)
		}
	}
	h.send(t, "POST", uploadPath, "hello", h.as(t, "alice").with("Content-Type", "application/x-www-form-urlencoded")).refused(t, 415, "unsupported_media_type")
	h.send(t, "POST", uploadPath, "hello", h.as(t, "alice").with("Content-Type", "")).refused(t, 415, "unsupported_media_type")
	huge := h.onWire(t, "POST "+uploadPath+" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Type: multipart/form-data; boundary="+strings.Repeat("b", 1<<20)+"\r\n\r\nx", true)
	if !strings.HasPrefix(huge, "HTTP/1.1 431") { // RFC 6585 section 5, of net/http
		t.Errorf("a boundary of 1 MiB: %.100q", huge)
	}
	if left := h.stored(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	h.sweptLike(t, before)
	h.alive(t)
}

// A size is a size, however it comes.
func TestAttackUploadSizes(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	h.announce(t, "alice", "a.txt", "text/plain", maxUpload+1).refused(t, 413, "too_large")
	_, path := h.announced(t, "alice", "a.txt", "text/plain", maxUpload)
	before := h.hash(t)
	large := bytes.Repeat([]byte("x"), maxUpload+1)
	put := func(body io.Reader) answer {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), "PUT", h.Base+path, body)
		if err != nil {
			t.Fatal(err)
		}
		a, err := perform(req)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	put(bytes.NewReader(large)).refused(t, 413, "too_large")
	put(struct{ io.Reader }{bytes.NewReader(large)}).refused(t, 413, "too_large") // in chunks
	if left := h.stored(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	h.sweptLike(t, before)
	put(struct{ io.Reader }{bytes.NewReader(large[1:])}).ok(t, 200)
	if files := h.stored(t); len(files) != 1 {
		t.Errorf("stored: %v", files)
	} else if info, err := os.Stat(files[0]); err != nil || info.Size() != maxUpload {
		t.Errorf("%v, %v", info, err)
	}
}

// sameAnswer fails unless two answers are the same, but for the request's id.
func sameAnswer(t testing.TB, what string, got, want answer) {
	t.Helper()
	masked := func(a answer) string {
		id := a.Header.Get("X-Request-Id")
		if id == "" {
			t.Errorf("%s: no X-Request-Id", what)
		}
		hd := a.Header.Clone()
		for _, varies := range []string{"X-Request-Id", "Date"} {
			hd.Del(varies)
		}
		return fmt.Sprint(a.Status, hd, strings.ReplaceAll(a.Body, id, "-"))
	}
	if g, w := masked(got), masked(want); g != w {
		t.Errorf("%s: %s, want %s", what, g, w)
	}
}

// U08, U10: another's attachment is one that never was, whatever its state.
func TestAttackUploadsOfOthers(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	pending, _ := h.announced(t, "bob", "bobs.txt", "text/plain", 5)
	finished := h.uploaded(t, "bob", "bobs.txt", "bob's words")
	deleted := h.uploaded(t, "bob", "bobs.txt", "bob's words")
	h.removeAttachment(t, "bob", deleted.ID).ok(t, 200)
	contentType, form := formOf(t, "a.txt", "text/plain", "mine")
	alice, secret := h.as(t, "alice"), header{"Authorization": "Bearer " + h.secret(t, "alice")}
	before, files := h.hash(t), len(h.stored(t))
	requests := map[string]func(id string, hd header) answer{
		"PUT": func(id string, hd header) answer { return h.send(t, "PUT", uploadPath+"/"+id, "mine", hd) },
		"POST": func(id string, hd header) answer {
			return h.send(t, "POST", uploadPath+"/"+id, form, hd.with("Content-Type", contentType))
		},
		"GET": func(id string, hd header) answer { return h.send(t, "GET", previewPath+id, "", hd) },
		"PUT by alice's link": func(id string, _ header) answer {
			return h.send(t, "PUT", uploadPath+"/"+id+"?key="+h.Server.uploads.links.seal(linkUpload, id, "alice", time.Minute), "mine", nil)
		},
		"GET by alice's link": func(id string, _ header) answer {
			return h.send(t, "GET", previewPath+id+"?key="+h.Server.uploads.links.seal(linkPreview, id, "alice", time.Minute), "", nil)
		},
	}
	for name, request := range requests {
		for _, hd := range []header{alice, secret} {
			never := request("atc_0000000000000000never", hd)
			never.refused(t, 404, "not_found")
			for state, id := range map[string]string{"pending": pending.ID, "finished": finished.ID, "deleted": deleted.ID} {
				sameAnswer(t, name+" of bob's, "+state, request(id, hd), never)
			}
		}
	}
	gone := h.removeAttachment(t, "alice", "atc_0000000000000000never")
	for _, id := range []string{pending.ID, finished.ID, deleted.ID} {
		sameAnswer(t, "delete of bob's", h.removeAttachment(t, "alice", id), gone)
	}
	if gone.Status != 200 || gone.Body != "{}" {
		t.Errorf("delete of what never was: HTTP %d, %s", gone.Status, gone.Body)
	}
	if h.hash(t) != before || len(h.stored(t)) != files {
		t.Error("something changed")
	}
	if a := h.send(t, "GET", previewPath+finished.ID, "", h.as(t, "bob")).ok(t, 200); a.Body != "bob's words" {
		t.Errorf("bob's file is %q", a.Body)
	}
}

// U10: who has neither token nor link sees nothing, and links are good for what
// they were made for.
func TestAttackUploadKeys(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	w := h.uploaded(t, "alice", "a.png", pngFile)
	_, upload := h.announced(t, "alice", "b.png", "image/png", 16)
	path, key := previewPath+w.ID, w.Preview[strings.Index(w.Preview, "key=")+4:]
	for name, a := range map[string]answer{
		"nothing":              h.send(t, "GET", path, "", nil),
		"a token in the query": h.send(t, "GET", path+"?access_token="+h.token(t, "alice"), "", nil),
		"a cookie":             h.send(t, "GET", path, "", header{"Cookie": "token=" + h.token(t, "alice")}),
		"a tool's token":       h.send(t, "GET", path, "", header{"Authorization": "Bearer " + h.toolToken(t, "alice")}),
		"the key as a token":   h.send(t, "GET", path, "", header{"Authorization": "Bearer " + key}),
		"a token as the key":   h.send(t, "GET", path+"?key="+h.token(t, "alice"), "", nil),
		"the uploading key":    h.send(t, "GET", path+"?"+upload[strings.Index(upload, "key="):], "", nil),
		"the key, padded":      h.send(t, "GET", path+"?key="+key+"%3D", "", nil),
		"the key, cut":         h.send(t, "GET", path+"?key="+key[:len(key)-2], "", nil),
		"the key twice":        h.send(t, "GET", path+"?key=x&key="+key, "", nil),
		"PUT by the preview's": h.send(t, "PUT", uploadPath+"/"+w.ID+"?key="+key, pngFile, nil),
		"PUT by nobody":        h.send(t, "PUT", upload[:strings.Index(upload, "?")], pngFile, nil),
	} {
		if a.Status != 401 || a.problem().Status != 401 || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: HTTP %d, %s, want 401 with a challenge", name, a.Status, a.Body)
		}
	}
	h.send(t, "GET", path+"?key="+key, "", nil).ok(t, 200)
	for _, id := range []string{"%00", "a%00b", "%ff", "..%2f..%2fetc%2fpasswd", "..", strings.Repeat("a", 5000), "%F0%9F%92%A9", "'%20OR%20''='"} {
		for _, method := range []string{"GET", "PUT"} {
			at := previewPath
			if method == "PUT" {
				at = uploadPath + "/"
			}
			if a := h.send(t, method, at+id, map[string]string{"PUT": "x"}[method], h.as(t, "alice")); a.Status != 404 || a.problem().Status != 404 {
				t.Errorf("%s %.20s: HTTP %d, %s, want 404", method, id, a.Status, a.Body)
			}
		}
	}
}

// toolToken is what the adapter shows the tools.
func (h *harness) toolToken(t testing.TB, user string) string {
	t.Helper()
	token, err := h.Server.signer.Token(identity.Grant{User: user, Audience: h.Server.cfg.mcpPublicURL, Scopes: toolScopes, Life: identity.ToolLife})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// An upload's link lives 15 minutes, a preview's an hour.
func TestLinksEnd(t *testing.T) {
	key, err := identity.LoadKey(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		u := &uploads{links: newLinks(identity.NewSigner("http://localhost", key)), public: "http://localhost"}
		for purpose, c := range map[string]struct {
			link func(user, id string) string
			life time.Duration
		}{linkUpload: {u.uploadURL, 15 * time.Minute}, linkPreview: {u.previewURL, time.Hour}} {
			_, key, _ := strings.Cut(c.link("alice", "atc_1"), "key=")
			time.Sleep(c.life - 2*time.Second)
			if user, ok := u.links.open(purpose, "atc_1", key); !ok || user != "alice" {
				t.Errorf("%s, before its end: %q, %v", purpose, user, ok)
			}
			time.Sleep(3 * time.Second)
			if _, ok := u.links.open(purpose, "atc_1", key); ok {
				t.Errorf("%s is good beyond its end", purpose)
			}
		}
	})
}

// An attachment is announced by its name and size; what cannot be is refused.
func TestAttackAnnounce(t *testing.T) {
	t.Parallel()
	h := start(t, setup{noTools: true})
	before := h.hash(t)
	for name, file := range map[string]string{
		"empty": "", "blank": "  ", "a path": "a/b.txt", "a path of Windows": `a\b.txt`, "the folder": ".", "the one above": "..",
		"NUL": "a\x00.txt", "a line end": "a\r\nb.txt", "an escape": "a\x1b[31m.txt", "a turned name": "a\u202etxt.exe",
		"C1": "a\u0085b", "too long": strings.Repeat("ک", 256),
	} {
		if a := h.announce(t, "alice", file, "text/plain", 5); a.Status != 400 || a.problem().Status != 400 {
			t.Errorf("%s: HTTP %d, %s, want 400", name, a.Status, a.Body)
		}
	}
	for _, size := range []any{0, -1, 1.5, "5", nil, 1e300} {
		if a := h.announce(t, "alice", "a.txt", "text/plain", size); a.Status != 400 {
			t.Errorf("size %v: HTTP %d, %s, want 400", size, a.Status, a.Body)
		}
	}
	h.announce(t, "alice", "a.txt", "text", 5).refused(t, 400, "invalid_request")
	if h.hash(t) != before {
		t.Error("something was stored")
	}
	for mimeType, want := range map[string]string{
		"image/png": "image/png", "text/csv; charset=utf-8": "text/csv", "text/html": "text/plain", "application/zip": "text/plain",
	} {
		w, _ := h.announced(t, "alice", strings.Repeat("ک", 255), mimeType, 5)
		if w.MimeType != want || (w.Preview != "") != (want == "image/png") {
			t.Errorf("%s: %+v, want %s", mimeType, w, want)
		}
	}
}

// A process that is killed while a file comes leaves nothing for good.
func TestAttackKilledWhileUploading(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	env := map[string]string{"AUTH_MODE": "dev", "TASKWIRE_USER": "alice", "TASKWIRE_DATA": data}
	p := launch(t, "adapter", env, "-http", "127.0.0.1:0")
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.Base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	contentType, form := formOf(t, "a.txt", "text/plain", strings.Repeat("x", 100_000))
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		uploadPath, strings.TrimPrefix(p.Base, "http://"), contentType, len(form), form[:90_000])
	dir := filepath.Join(data, "uploads")
	parts := func() (names []string) {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	waitFor(t, "a part of the file", func() bool { return len(parts()) == 1 })
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.exited
	left := parts()
	if len(left) != 1 {
		t.Fatalf("left: %v", left)
	}
	for _, name := range []string{"atc_1", "of the operator.tmp"} { // neither is ours to remove
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := tidy(dir, time.Now().Add(-uploadTime)); err != nil || len(parts()) != 3 {
		t.Errorf("%v; the folder holds %v, want all: it may be under way", err, parts())
	}
	if err := tidy(dir, time.Now().Add(time.Minute)); err != nil || strings.Join(parts(), " ") != "atc_1 of the operator.tmp" {
		t.Errorf("%v; the folder holds %v", err, parts())
	}
}

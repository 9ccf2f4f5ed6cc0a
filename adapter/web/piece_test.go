package web

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"taskwire/adapter/web/browsertest"
)

// openPiece opens a page that has but one piece of the real one, in its style
// and under its policy: the module of that name in testdata shows it in the body.
func openPiece(t *testing.T, name, lang, body string, before ...func(*browsertest.Tab)) *browsertest.Tab {
	t.Helper()
	style, err := readStyle()
	if err != nil {
		t.Fatal(err)
	}
	direction := map[string]string{"en": "ltr", "ur": "rtl"}[lang]
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy(Config{}, style))
		fmt.Fprintf(w, `<!doctype html><html lang="%s" dir="%s"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>%s</title>`+
			`<link rel="icon" href="data:,"><style>%s</style></head><body><main><h1>%[3]s</h1>%[5]s</main><script type="module" src="/piece.mjs"></script></body></html>`,
			lang, direction, name, style, body)
	})
	mux.HandleFunc("GET /piece.mjs", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		http.ServeFile(w, r, "testdata/"+name+".mjs")
	})
	mux.Handle("GET /js/", http.FileServerFS(files))
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { // a picture of our own
		w.Header().Set("Content-Type", "image/svg+xml")
		io.WriteString(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>`)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	tab := browsertest.Open(t, s.URL+"/", before...)
	tab.WaitEval("window.show")
	return tab
}

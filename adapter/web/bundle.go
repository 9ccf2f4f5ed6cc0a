package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

// Our modules run as they are: no build stands between writing and trying one.
// What goes over the wire is joined and made small when the program starts, or
// a browser would ask for fifty files, and for a third more bytes. Source maps
// lie beside, for whoever opens the browser's tools.

// A bundle is what a browser loads, by path under the page's root and version.
type bundle struct {
	files   map[string][]byte
	outputs map[string]output
}

// An output is what esbuild's metafile says of a file that it made.
type output struct {
	EntryPoint string `json:"entryPoint"`
	Imports    []struct{ Path, Kind string }
}

// scripts is made once: it is the same for every page.
var scripts = sync.OnceValues(func() (bundle, error) {
	return join("js/main.js")
})

// join bundles the modules that an entry needs, now or later.
func join(entry string) (bundle, error) {
	built := api.Build(api.BuildOptions{
		EntryPoints: []string{entry}, Outdir: "/", Outbase: "/", AbsWorkingDir: "/",
		Bundle: true, Splitting: true, Format: api.FormatESModule, Target: api.ES2022,
		EntryNames: "[dir]/[name]", ChunkNames: "js/[name]-[hash]",
		MinifyWhitespace: true, MinifySyntax: true, MinifyIdentifiers: true, LegalComments: api.LegalCommentsNone, Charset: api.CharsetUTF8,
		Sourcemap: api.SourceMapLinked, Metafile: true, LogLevel: api.LogLevelSilent,
		Plugins: []api.Plugin{embedded},
	})
	if len(built.Errors) > 0 {
		return bundle{}, errors.New(strings.Join(api.FormatMessages(built.Errors, api.FormatMessagesOptions{}), "\n"))
	}
	b := bundle{files: map[string][]byte{}}
	for _, file := range built.OutputFiles {
		b.files[strings.TrimPrefix(file.Path, "/")] = file.Contents
	}
	var meta struct{ Outputs map[string]output }
	if err := json.Unmarshal([]byte(built.Metafile), &meta); err != nil {
		return bundle{}, fmt.Errorf("what esbuild says of its output: %w", err)
	}
	b.outputs = meta.Outputs
	return b, nil
}

// embedded lets esbuild read the modules that are in the program.
var embedded = api.Plugin{Name: "embedded", Setup: func(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: "."}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		name := path.Clean(args.Path)
		if args.Kind != api.ResolveEntryPoint {
			name = path.Join(path.Dir(args.Importer), args.Path)
		}
		_, err := fs.Stat(files, name)
		return api.OnResolveResult{Path: name, Namespace: "embedded"}, err
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".", Namespace: "embedded"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		data, err := files.ReadFile(args.Path)
		text := string(data)
		return api.OnLoadResult{Contents: &text}, err
	})
}}

// smallStyle leaves out of a style what only its readers need.
func smallStyle(style string) (string, error) {
	done := api.Transform(style, api.TransformOptions{Loader: api.LoaderCSS, MinifyWhitespace: true, LogLevel: api.LogLevelSilent})
	if len(done.Errors) > 0 {
		return "", errors.New(strings.Join(api.FormatMessages(done.Errors, api.FormatMessagesOptions{}), "\n"))
	}
	return string(done.Code), nil
}

// needed are the files that a page loads which imports these modules: those
// that they are in, and what those import in turn.
func (b bundle) needed(modules ...string) []string {
	found := map[string]bool{}
	var add func(string)
	add = func(name string) {
		if found[name] {
			return
		}
		found[name] = true
		for _, imported := range b.outputs[name].Imports {
			if imported.Kind == "import-statement" {
				add(imported.Path)
			}
		}
	}
	for name, out := range b.outputs {
		if slices.Contains(modules, strings.TrimPrefix(out.EntryPoint, "embedded:")) {
			add(name)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

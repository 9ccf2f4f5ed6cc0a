package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"taskwire/promises/tally"
)

// fuzzTime is how long each target runs.
const fuzzTime = "30s"

// fuzzed are the targets, by package.
var fuzzed = []suite{
	{"./edge", "FuzzCheckJSON"},
	{"./identity", "FuzzVerify"},
	{"./identity", "FuzzHeader"},
	{"./store", "FuzzCursor"},
	{"./mcpserver", "FuzzArguments"},
	{"./mcpserver", "FuzzEnvelope"},
	{"./adapter/agent", "FuzzReply"},
	{"./adapter/agent", "FuzzLanguage"},
	{"./adapter/agent", "FuzzValidJSON"},
	{"./adapter/chatkit", "FuzzDecodeRequest"},
	{"./adapter/chatkit", "FuzzUnmarshalItem"},
	{"./adapter/chatkit", "FuzzCheckJSON"},
	{"./adapter/demo", "FuzzSentence"},
	{"./adapter/demo", "FuzzRequest"},
}

// fuzz runs every target for its time. A target cannot count for itself how
// often it was run: what the fuzzing engine says counts.
func fuzz(ctx context.Context, folder string, out io.Writer) tally.Entry {
	e := tally.Entry{Promise: "P7", What: "fuzz targets", Unit: "million inputs", Long: true}
	for _, target := range fuzzed {
		inputs, crashed := fuzzOne(ctx, folder, target, out)
		if inputs > 0 {
			e.Runs++
		}
		if crashed {
			e.Broken++
		}
		e.Value += float64(inputs) / 1e6
	}
	e.Note = fmt.Sprintf("%d new crashers", e.Broken)
	return e
}

func fuzzOne(ctx context.Context, folder string, f suite, out io.Writer) (inputs int, crashed bool) {
	var said bytes.Buffer
	err := goTest(ctx, folder, io.MultiWriter(out, &said), "-run", "^$", "-fuzz", "^"+f.Tests+"$", "-fuzztime", fuzzTime, f.Package)
	return executions(said.Bytes()), err != nil
}

var execs = regexp.MustCompile(`(?m)^fuzz: elapsed: .*\bexecs: (\d+) `)

// executions is what the last line of progress counts.
func executions(said []byte) int {
	lines := execs.FindAllSubmatch(said, -1)
	if len(lines) == 0 {
		return 0
	}
	n, err := strconv.Atoi(string(lines[len(lines)-1][1]))
	if err != nil {
		return 0 // more than an int holds: nobody runs that long
	}
	return n
}

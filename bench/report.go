package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// report is everything that a run measured; a part that was left out is empty.
type report struct {
	starts     *startTimes
	samples    map[cell][]sample
	operations []*operation
	depths     []depth
	chat       chatReport
}

// print writes the tables and then the limits, and reports whether all are met.
func (r report) print(w io.Writer, b *bench) bool {
	fmt.Fprint(w, `Medians of interleaved rounds, in parentheses the middle half of the rounds. CPU
is that of the server process alone, without PostgreSQL. A ratio of CPU divides
by what the peer takes for its one trivial tool under the same load, round by
round. A spread that crosses its limit has not met it.

`)
	fmt.Fprintf(w, "Load averages of the machine: %s before the run, %s after it. Times of single\ncalls hold only where it had nothing else to do.\n\n", b.busy, loadAverages())
	if r.samples != nil {
		r.printCalls(w, b)
	}
	if r.operations != nil {
		r.printStore(w)
	}
	if r.depths != nil {
		r.printDepths(w)
	}
	if r.starts != nil {
		r.printStarts(w)
	}
	r.chat.print(w, b)
	all := true
	for _, l := range append(r.limits(b), r.chat.limits(b)...) {
		fmt.Fprintln(w, l)
		all = all && l.met()
	}
	return all
}

func (r report) printCalls(w io.Writer, b *bench) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "era\tcallers\tserver\ttool\tcalls/s\tcalls/s ÷ %s\tCPU µs/call", b.peers[0].name)
	for _, p := range b.peers {
		fmt.Fprintf(t, "\tCPU ÷ %s", p.name)
	}
	fmt.Fprintln(t)
	for _, c := range b.cells() {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%.0f\t%s\t%s", c.era.name, c.callers, c.server.name, c.tool,
			spreadOf(rates(r.samples[c])).median, r.faster(c, b.peers[0]), whole(spreadOf(cpus(r.samples[c]))))
		for _, p := range b.peers {
			fmt.Fprintf(t, "\t%s", r.against(c, p))
		}
		fmt.Fprintln(t)
	}
	t.Flush()
	fmt.Fprintln(w)
}

func (r report) printStore(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "store on PostgreSQL, one client, at the median time\tstore/s\tpgbench/s\tstore ÷ pgbench")
	for _, op := range r.operations {
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%s\n", op.name, spreadOf(op.ours).median, spreadOf(op.theirs).median,
			spreadOf(ratios(op.ours, op.theirs)))
	}
	t.Flush()
	fmt.Fprintln(w)
}

func (r report) printDepths(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "deep pages, at the store\torder\tfirst page µs\tlast page µs\tlast ÷ first")
	for _, d := range r.depths {
		fmt.Fprintf(t, "%s\t%s\t%.0f\t%.0f\t%s\n", d.engine, d.order, spreadOf(d.first).median, spreadOf(d.deep).median,
			spreadOf(ratios(d.deep, d.first)))
	}
	t.Flush()
	fmt.Fprintln(w)
}

func (r report) printStarts(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "start over stdio to the answer of tools/list\tms")
	fmt.Fprintf(t, "empty go-sdk server\t%s\n", spreadOf(r.starts.empty))
	fmt.Fprintf(t, "mcpserver\t%s\n", spreadOf(r.starts.ours))
	fmt.Fprintf(t, "mcpserver, making its database\t%s\n", spreadOf(r.starts.first))
	t.Flush()
	fmt.Fprintln(w)
}

// bounds are how much CPU get_task may take at most, over a peer's. The lean
// TypeScript server checks neither Host nor Origin, so nobody runs it as it
// is; it stands in the table only.
var bounds = map[string]float64{"go-sdk": 1, "ts": 0.6}

// limits are the promises, in the order of the issue that made them.
func (r report) limits(b *bench) []limit {
	var all []limit
	for _, e := range eras {
		if r.samples == nil {
			break
		}
		c := cell{b.ours[0], e, "get_task", 64}
		for _, p := range b.peers {
			if bound, promised := bounds[p.name]; promised {
				all = append(all, limit{what: "get_task, " + e.name + ", CPU ÷ " + p.name, got: r.against(c, p), bound: bound})
			}
		}
	}
	for _, d := range r.depths {
		all = append(all, limit{what: fmt.Sprintf("last page ÷ first by %s, %s", d.order, d.engine),
			got: spreadOf(ratios(d.deep, d.first)), bound: 1.2})
	}
	for _, op := range r.operations {
		all = append(all, limit{what: "store ÷ pgbench, " + op.name,
			got: spreadOf(ratios(op.ours, op.theirs)), bound: 0.75, atLeast: true})
	}
	if r.starts == nil {
		return all
	}
	return append(all,
		limit{what: "size of mcpserver", got: spreadOf([]float64{r.starts.size}), bound: 20, unit: " MB"},
		limit{what: "start ÷ empty go-sdk server", got: spreadOf(ratios(r.starts.ours, r.starts.empty)), bound: 3},
		limit{what: "start to tools/list", got: spreadOf(r.starts.ours), bound: 100, unit: " ms"},
		limit{what: "start to tools/list, making the database", got: spreadOf(r.starts.first), bound: 100, unit: " ms"})
}

// against is the CPU of a cell over that of a peer under the same load.
func (r report) against(c cell, peer *server) spread {
	return spreadOf(ratios(cpus(r.samples[c]), cpus(r.samples[c.of(peer)])))
}

// faster is the same of the calls a second.
func (r report) faster(c cell, peer *server) spread {
	return spreadOf(ratios(rates(r.samples[c]), rates(r.samples[c.of(peer)])))
}

func cpus(samples []sample) (out []float64) {
	for _, s := range samples {
		out = append(out, s.cpu)
	}
	return out
}

func rates(samples []sample) (out []float64) {
	for _, s := range samples {
		out = append(out, s.rate)
	}
	return out
}

func whole(s spread) string { return fmt.Sprintf("%.0f (%.0f to %.0f)", s.median, s.low, s.high) }

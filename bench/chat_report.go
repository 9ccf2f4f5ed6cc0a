package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// chatReport is what was measured of the chat; a part that was left out is nil.
type chatReport struct {
	turns   map[turnCell][]turnSample
	library map[libraryCell][]turnSample
	demo    map[int][]turnSample // by clients
	open    map[openCell][]openSample
	methods []*methodRun
}

// The limits of the chat.
const (
	maxTurnCPU  = 800  // µs of the adapter for a durable turn
	maxFirst    = 2000 // ms from sending to the first text, by the plan
	maxOpen     = 64   // KiB of an open answer
	maxMethod   = 5    // ms of a store method, 99 of 100 calls
	maxDeepPage = 1.2  // last page ÷ first
)

func (r chatReport) print(w io.Writer, b *bench) {
	if r.library != nil {
		r.printLibrary(w, b)
	}
	if r.turns != nil {
		r.printTurns(w, b)
	}
	if r.turns != nil || r.demo != nil {
		r.printWaiting(w, b)
	}
	if r.open != nil {
		r.printOpen(w, b)
	}
	if r.methods != nil {
		r.printMethods(w)
	}
}

func (r chatReport) printLibrary(w io.Writer, b *bench) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "chat in memory, a message with %d deltas\tclients\tturns/s\tCPU µs/turn\tCPU ÷ %s\n", deltas, libraryLean)
	for _, clients := range loads {
		for _, s := range b.libraries {
			samples := r.library[libraryCell{s, clients}]
			fmt.Fprintf(t, "%s\t%d\t%.0f\t%s\t%s\n", s.name, clients, spreadOf(figures(samples, turnRate)).median,
				whole(spreadOf(figures(samples, turnCPU))), r.overPeer(b, s.name, clients))
		}
	}
	t.Flush()
	fmt.Fprintln(w)
}

// overPeer is the CPU of a server over that of the npm package at its best:
// wired as its README says it takes more.
func (r chatReport) overPeer(b *bench, name string, clients int) spread {
	cpu := map[string][]float64{}
	for _, s := range b.libraries {
		cpu[s.name] = figures(r.library[libraryCell{s, clients}], turnCPU)
	}
	return spreadOf(ratios(cpu[name], cpu[libraryLean]))
}

func (r chatReport) printTurns(w io.Writer, b *bench) {
	fmt.Fprintf(w, `A durable turn: a message on a thread that is there, %d deltas from a scripted
provider, everything stored. A thread is taken for its 2nd to %dth message. CPU
is that of the adapter alone.

`, deltas, 1+turnsEach)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "durable turn\tdatabase\tclients\tturns/s\tCPU µs/turn\tfirst delta, provider to client: median µs\tp99 µs")
	for _, c := range turnCells(b.stacks) {
		samples := r.turns[c]
		relay := pooled(samples, turnRelay)
		fmt.Fprintf(t, "%s\t%s\t%d\t%.0f\t%s\t%s\t%.0f\n", c.kind.name, c.stack.name, c.clients, spreadOf(figures(samples, turnRate)).median,
			whole(spreadOf(figures(samples, turnCPU))), whole(spreadOf(medians(samples, turnRelay))), quantile(relay, 0.99))
	}
	t.Flush()
	fmt.Fprintln(w)
}

func (r chatReport) printWaiting(w io.Writer, b *bench) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "from sending to the first text\tdatabase\tclients\tmedian ms\tp99 ms\tof the plan's 2 s")
	row := func(name, engine string, clients int, samples []turnSample) {
		all := pooled(samples, turnFirst)
		fmt.Fprintf(t, "%s\t%s\t%d\t%.2f\t%.2f\t%.2f %%\n", name, engine, clients, quantile(all, 0.5)/1000, quantile(all, 0.99)/1000,
			quantile(all, 0.99)/1000/maxFirst*100)
	}
	for _, c := range turnCells(b.stacks) {
		if r.turns != nil && c.kind.manner == paced {
			row("scripted provider", c.stack.name, c.clients, r.turns[c])
		}
	}
	for _, clients := range loads {
		if r.demo != nil {
			row("demo model, which makes a task", "SQLite", clients, r.demo[clients])
		}
	}
	t.Flush()
	fmt.Fprintln(w)
}

func (r chatReport) printOpen(w io.Writer, b *bench) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%d open answers, silent\tdatabase\tMiB before\tMiB with them\tKiB each\n", b.scale.open)
	for _, s := range silences {
		for _, name := range []string{"SQLite", "PostgreSQL"} {
			samples := r.open[openCell{name, s.manner}]
			fmt.Fprintf(t, "%s\t%s\t%.1f\t%.1f\t%s\n", s.name, name, spreadOf(figures(samples, openBefore)).median/1024,
				spreadOf(figures(samples, openAfter)).median/1024, spreadOf(figures(samples, openEach)))
		}
	}
	t.Flush()
	fmt.Fprintln(w)
}

func (r chatReport) printMethods(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "method of ChatKit's store, %d callers, p99 ms\tstore.Chats", r.methods[0].callers)
	for _, run := range r.methods {
		fmt.Fprintf(t, "\t%s", run.engine)
	}
	fmt.Fprintln(t)
	for i, m := range r.methods[0].methods {
		fmt.Fprintf(t, "%s\t%s", m.name, m.ours)
		for _, run := range r.methods {
			fmt.Fprintf(t, "\t%s", spreadOf(run.methods[i].p99))
		}
		fmt.Fprintln(t)
	}
	t.Flush()
	fmt.Fprintln(w)
	var depths []depth
	for _, run := range r.methods {
		depths = append(depths, run.depth)
	}
	report{depths: depths}.printDepths(w)
}

// limits are the promises of the chat.
func (r chatReport) limits(b *bench) (all []limit) {
	if r.library != nil {
		for _, clients := range loads {
			all = append(all, limit{what: fmt.Sprintf("chat in memory, %d clients, CPU ÷ %s", clients, libraryLean),
				got: r.overPeer(b, libraryOurs, clients), bound: 1})
		}
	}
	if r.turns != nil {
		for _, c := range turnCells(b.stacks) {
			if c.kind == plainTurn {
				all = append(all, limit{what: fmt.Sprintf("durable turn, %s, %d clients, CPU", c.stack.name, c.clients),
					got: spreadOf(figures(r.turns[c], turnCPU)), bound: maxTurnCPU, unit: " µs"})
			}
		}
	}
	if r.demo != nil {
		for _, clients := range loads {
			all = append(all, limit{what: fmt.Sprintf("send to first text, demo model, %d clients, p99", clients),
				got: spreadOf([]float64{quantile(pooled(r.demo[clients], turnFirst), 0.99) / 1000}), bound: maxFirst, unit: " ms"})
		}
	}
	return append(all, r.storeLimits()...)
}

func (r chatReport) storeLimits() (all []limit) {
	if r.open != nil {
		for _, s := range silences {
			for _, name := range []string{"SQLite", "PostgreSQL"} {
				all = append(all, limit{what: fmt.Sprintf("open answer, silent %s, %s", s.name, name),
					got: spreadOf(figures(r.open[openCell{name, s.manner}], openEach)), bound: maxOpen, unit: " KiB"})
			}
		}
	}
	for _, run := range r.methods {
		for _, m := range run.methods {
			all = append(all, limit{what: fmt.Sprintf("%s, %s, p99", m.name, run.engine), got: spreadOf(m.p99), bound: maxMethod, unit: " ms"})
		}
		all = append(all, limit{what: "last page ÷ first of a thread, " + run.engine,
			got: spreadOf(ratios(run.depth.deep, run.depth.first)), bound: maxDeepPage})
	}
	return all
}

// figures gives one figure of every round.
func figures[T any](samples []T, of func(T) float64) (out []float64) {
	for _, s := range samples {
		out = append(out, of(s))
	}
	return out
}

// medians gives the median of every round.
func medians(samples []turnSample, of func(turnSample) []float64) (out []float64) {
	for _, s := range samples {
		out = append(out, spreadOf(of(s)).median)
	}
	return out
}

func turnCPU(s turnSample) float64     { return s.cpu }
func turnRate(s turnSample) float64    { return s.rate }
func turnRelay(s turnSample) []float64 { return s.relay }
func turnFirst(s turnSample) []float64 { return s.first }
func openBefore(s openSample) float64  { return s.before }
func openAfter(s openSample) float64   { return s.after }
func openEach(s openSample) float64    { return s.each }

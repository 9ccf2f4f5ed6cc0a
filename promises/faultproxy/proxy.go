// Package faultproxy is a TCP proxy on loopback whose faults are switched while
// it runs: it delays, slows down, cuts, refuses or silently loses what goes
// through it. Of PostgreSQL's protocol it knows just enough to cut a connection
// between a COMMIT and its answer.
package faultproxy

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A Fault is what befalls everything that goes through a Proxy. The zero value
// is none. Faults may come together.
type Fault struct {
	// Refuse: nobody listens. Connections that are open go on.
	Refuse bool
	// Silent: the cable is pulled. Nothing arrives in either direction, and nobody
	// is told: neither data, nor the wish to connect, nor the end of a connection.
	Silent bool
	// Delay is how much later everything arrives.
	Delay time.Duration
	// Rate is how many bytes a second each direction of a connection carries; 0:
	// as many as there are.
	Rate int
}

// A Proxy passes on what comes to its address.
type Proxy struct {
	to   string
	addr string

	mu       sync.Mutex
	listener *net.TCPListener // nil while it refuses
	fault    Fault
	changed  chan struct{} // closed when fault changes
	links    map[*link]bool
	opened   int
	cut      *commitCut
	ended    bool
	running  sync.WaitGroup
}

// Start starts a proxy to an address, without a fault. It ends with the test.
func Start(t testing.TB, to string) *Proxy {
	t.Helper()
	p := &Proxy{to: to, addr: "127.0.0.1:0", changed: make(chan struct{}), links: map[*link]bool{}}
	if err := p.listen(); err != nil {
		t.Fatal(err)
	}
	p.addr = p.listener.Addr().String()
	t.Cleanup(p.end)
	return p
}

// Addr is where it listens, host and port.
func (p *Proxy) Addr() string { return p.addr }

// Set puts a fault in the place of the last, for the connections that are open
// and for those to come.
func (p *Proxy) Set(t testing.TB, f Fault) {
	t.Helper()
	if err := p.set(f); err != nil {
		t.Fatal(err)
	}
}

// Heal ends the fault: what was held up arrives. A connection that was cut or
// forgotten stays so.
func (p *Proxy) Heal(t testing.TB) { t.Helper(); p.Set(t, Fault{}) }

func (p *Proxy) set(f Fault) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
	close(p.changed)
	p.changed = make(chan struct{})
	if f.Refuse && p.listener != nil {
		p.listener.Close()
		p.listener = nil
	}
	if !f.Refuse && p.listener == nil {
		if err := p.listen(); err != nil {
			return err
		}
	}
	var errs []error
	if p.listener != nil {
		errs = append(errs, silence(p.listener, f.Silent))
	}
	for l := range p.links {
		errs = append(errs, l.silence(f.Silent))
	}
	return errors.Join(errs...)
}

// listen is called with the lock held, or before anybody else knows the proxy.
func (p *Proxy) listen() error {
	var config net.ListenConfig
	config.SetMultipathTCP(false) // its sockets take no filter
	config.KeepAlive = -1         // a cable that is pulled sends nothing of its own
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		ln, err := config.Listen(context.Background(), "tcp", p.addr)
		if err == nil {
			p.listener = ln.(*net.TCPListener)
			p.running.Go(func() { p.accept(p.listener) })
			return nil
		}
		// While nobody listened there, a connection of somebody may have got the port.
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(deadline) {
			return err
		}
	}
}

func (p *Proxy) accept(ln *net.TCPListener) {
	for {
		client, err := ln.AcceptTCP()
		if err != nil {
			return // closed
		}
		p.running.Go(func() { p.carry(client) })
	}
}

// carry connects a client with where it wanted to go.
func (p *Proxy) carry(client *net.TCPConn) {
	dialer := net.Dialer{Timeout: 5 * time.Second, KeepAlive: -1}
	dialer.SetMultipathTCP(false)
	server, err := dialer.Dial("tcp", p.to)
	if err != nil {
		reset(client)
		return
	}
	l := &link{p: p, client: client, server: server.(*net.TCPConn), closed: make(chan struct{})}
	p.mu.Lock()
	if p.ended {
		p.mu.Unlock()
		l.close(reset)
		return
	}
	p.links[l] = true
	p.opened++
	err = l.silence(p.fault.Silent)
	p.mu.Unlock()
	if err != nil {
		l.close(reset)
	}
	l.run()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// state is the fault of now, and tells when there is another.
func (p *Proxy) state() (Fault, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault, p.changed
}

// Open is how many connections go through.
func (p *Proxy) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

// Opened is how many there have been.
func (p *Proxy) Opened() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened
}

// Ports are those from which it has its connections with the server.
func (p *Proxy) Ports() (ports []int) {
	p.each(func(l *link) { ports = append(ports, l.server.LocalAddr().(*net.TCPAddr).Port) })
	return ports
}

// Reset breaks off the connections that are open now (RST).
func (p *Proxy) Reset() { p.each(func(l *link) { l.close(reset) }) }

// Finish ends them as a server does that has had enough (FIN).
func (p *Proxy) Finish() { p.each(func(l *link) { l.close(finish) }) }

// Forget loses the connections that are open now, as a router does that forgets
// them: for ever silent, while new ones are carried. Both ends still believe in
// them.
func (p *Proxy) Forget(t testing.TB) {
	t.Helper()
	p.each(func(l *link) {
		l.forgotten.Store(true)
		if err := l.silence(true); err != nil {
			t.Error(err)
		}
	})
}

func (p *Proxy) each(do func(*link)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		do(l)
	}
}

func (p *Proxy) end() {
	p.mu.Lock()
	p.ended = true
	if p.listener != nil {
		p.listener.Close()
	}
	p.mu.Unlock()
	p.Reset()
	p.running.Wait()
}

func reset(c *net.TCPConn) {
	c.SetLinger(0)
	c.Close()
}

func finish(c *net.TCPConn) { c.Close() }

package faultproxy

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A link is one connection through the proxy.
type link struct {
	p              *Proxy
	client, server *net.TCPConn
	watch          watch
	forgotten      atomic.Bool
	once           sync.Once
	closed         chan struct{}
}

func (l *link) close(how func(*net.TCPConn)) {
	l.once.Do(func() {
		close(l.closed)
		how(l.client)
		how(l.server)
	})
}

// silence stops, or no longer stops, what the two ends send before the kernel
// sees it.
func (l *link) silence(on bool) error {
	on = on || l.forgotten.Load()
	err := errors.Join(silence(l.client, on), silence(l.server, on))
	if errors.Is(err, net.ErrClosed) {
		return nil // it ends anyway
	}
	return err
}

// run carries both directions until one of them ends.
func (l *link) run() {
	var both sync.WaitGroup
	both.Go(func() { l.pump(l.client, l.server, l.fromClient) })
	both.Go(func() { l.pump(l.server, l.client, l.fromServer) })
	both.Wait()
}

// A piece is what was read at once, and when it is to arrive without a change of
// the fault.
type piece struct {
	data []byte
	read time.Time
}

// inFlight bounds what one direction holds back.
const inFlight = 1024

// pump carries one direction. look sees each piece as it comes and gives what is
// to be passed on.
func (l *link) pump(from, to *net.TCPConn, look func([]byte) (pass []byte, ok bool)) {
	pieces := make(chan piece, inFlight)
	var writer sync.WaitGroup
	writer.Go(func() {
		for piece := range pieces {
			if !l.deliver(to, piece) {
				l.close(finish)
			}
		}
		l.close(finish)
	})
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			pass, ok := look(buffer[:n])
			if !ok {
				l.close(reset)
				break
			}
			pieces <- piece{append([]byte(nil), pass...), time.Now()}
		}
		if err != nil {
			break
		}
	}
	close(pieces)
	writer.Wait()
}

// deliver writes a piece when and as fast as the fault allows. false: the link
// is closed.
func (l *link) deliver(to *net.TCPConn, piece piece) bool {
	for len(piece.data) > 0 {
		fault, changed := l.p.state()
		var pause <-chan time.Time
		n := len(piece.data)
		switch wait := fault.Delay - time.Since(piece.read); {
		case fault.Silent || l.forgotten.Load():
			n = 0
		case wait > 0:
			n, pause = 0, time.After(wait)
		case fault.Rate > 0:
			n = min(n, max(1, fault.Rate/20))
			pause = time.After(time.Duration(n) * time.Second / time.Duration(fault.Rate))
		}
		if n > 0 {
			if _, err := to.Write(piece.data[:n]); err != nil {
				return false
			}
			piece.data = piece.data[n:]
			if pause == nil {
				continue
			}
		}
		select {
		case <-l.closed:
			return false
		case <-changed:
		case <-pause:
		}
	}
	return true
}

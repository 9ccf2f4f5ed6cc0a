package faultproxy_test

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"taskwire/promises/faultproxy"
)

// A cable that was pulled takes no connection, and a keepalive finds out.
func TestSilence(t *testing.T) {
	t.Parallel()
	p := faultproxy.Start(t, echo(t))
	kept := dial(t, p)
	p.Set(t, faultproxy.Fault{Silent: true})
	_, err := net.DialTimeout("tcp", p.Addr(), 300*time.Millisecond)
	if silent, ok := errors.AsType[net.Error](err); !ok || !silent.Timeout() {
		t.Errorf("a new connection: %v, want none, and no word of it", err)
	}
	p.Heal(t)
	dial(t, p)

	err = kept.(*net.TCPConn).SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: time.Second, Interval: time.Second, Count: 1})
	if err != nil {
		t.Fatal(err)
	}
	p.Forget(t)
	p.Heal(t) // does not bring it back
	dial(t, p)
	kept.SetDeadline(time.Now().Add(time.Minute))
	if _, err := kept.Read(make([]byte, 1)); !errors.Is(err, syscall.ETIMEDOUT) {
		t.Errorf("a connection that was forgotten: %v, want the keepalive's word", err)
	}
}

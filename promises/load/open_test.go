package load

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// warmUp is how many answers there were before anything is counted.
const warmUp = 32

// Open answers wait for a model that thinks: the client's connection, the turn
// and the request to the provider are there, and nothing happens. Providers
// speak HTTP/2, so that many answers share a connection to them; one in the own
// network may speak HTTP/1.1 alone.
func TestOpenAnswers(t *testing.T) {
	t.Parallel()
	held := time.Duration(tally.Rounds(0, 40)) * time.Second
	h := newHall(t)
	few := h.enter(t, true)
	before := few.empty(t)
	for _, c := range []struct {
		what      string
		http2     bool
		n, reserv int // answers, and descriptors beside those of the clients
	}{
		{"open answers", true, tally.Rounds(300, 10_000), 1000},
		{"open answers with a connection each to the model", false, tally.Rounds(300, 9900), 200 + tally.Rounds(300, 9900)},
	} {
		allowDescriptors(t, uint64(c.n+c.reserv))
		a := h.enter(t, c.http2)
		begin, _ := memory(t, a.adapter)
		all := a.holdOpen(t, c.n)
		time.Sleep(held) // with the pings that keep the streams open
		now, peak := memory(t, a.adapter)
		if state := a.model.state(t); int(state.Held) != c.n {
			t.Errorf("after %s the model thinks about %d answers, want %d", held, state.Held, c.n)
		}
		all.leave()
		after := a.empty(t)
		left := max(0, after.count()-before.count())
		if left > 0 {
			t.Logf("%s: %s", c.what, after.beyond(before))
		}
		tally.Counted(t, tally.Entry{
			Promise: "P13", What: c.what, Runs: c.n, Value: now, Unit: "MiB",
			Note: fmt.Sprintf("%.0f MiB before, %.1f KiB for each answer; %.0f MiB at most, while they were opened", begin, (now-begin)*1024/float64(c.n), peak),
		})
		tally.Counted(t, tally.Entry{
			Promise: "P13", What: "goroutines left of " + c.what, Runs: 1, Broken: left,
			Note: fmt.Sprintf("%d before, %d after", before.count(), after.count()),
		})
	}
}

// Answers that are still there are noticed.
func TestOpenAnswersControl(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	few := h.enter(t, true)
	before := few.empty(t)
	a := h.enter(t, true)
	held := tally.Rounds(20, 100)
	a.holdOpen(t, held)
	if after := goroutines(t, a.adapter); after.count() < before.count()+held {
		t.Fatalf("%d goroutines with %d open answers, %d without", after.count(), held, before.count())
	}
	tally.Caught(t, "P13", "a leak is noticed")
}

// A hall is where many wait: adapters over one database, each with a model of
// its own.
type hall struct {
	*fleet.Fleet
	tokens    []string
	cert, key []byte
	trust     string // file with the certificate of the model
}

func newHall(t testing.TB) *hall {
	t.Helper()
	h := &hall{Fleet: fleet.New(t, storetest.Config(t, storetest.Postgres))}
	h.Adapters["TURN_TIMEOUT"] = "10m" // of one answer; the model thinks for long
	h.cert, h.key = selfSigned(t)
	h.trust = filepath.Join(t.TempDir(), "model.pem")
	if err := os.WriteFile(h.trust, h.cert, 0o600); err != nil {
		t.Fatal(err)
	}
	return h
}

// A visited is an adapter with its model and tools, all used a little.
type visited struct {
	*hall
	adapter *fleet.Process
	tools   *fleet.Process
	model   *model
	files   int // descriptors when nobody was there
}

func (h *hall) enter(t testing.TB, http2 bool) *visited {
	t.Helper()
	v := &visited{hall: h}
	task, scheme := modelTask{}, "http"
	if http2 {
		task, scheme = modelTask{h.cert, h.key}, "https"
	}
	v.model = startModel(t, task)
	toolsAt := fleet.FreeAddress(t)
	v.adapter = h.Adapter(t, map[string]string{
		"LLM_BASE_URL": scheme + "://" + v.model.Addr + "/v1", "SSL_CERT_FILE": h.trust,
		"MCP_URL": "http://" + toolsAt + "/mcp",
	})
	v.tools = h.ToolServerAt(t, toolsAt, v.adapter)
	v.adapter.Ready(t)
	leaveNothing()
	v.files = descriptors(t, v.adapter)
	openAnswers(t, v.task(t, warmUp, "Fine?", true)).leave()
	return v
}

// task is n people who ask something.
func (v *visited) task(t testing.TB, n int, text string, read bool) clientsTask {
	t.Helper()
	for i := len(v.tokens); i < n; i++ {
		v.tokens = append(v.tokens, v.Token(t, fmt.Sprintf("waiting-%d", i)))
	}
	return clientsTask{Addr: v.adapter.Base[len("http://"):], Tokens: v.tokens[:n], Body: fleet.NewThread(text), Read: read}
}

// holdOpen opens answers and waits until the model thinks about all of them.
func (v *visited) holdOpen(t testing.TB, n int) clients {
	t.Helper()
	all := openAnswers(t, v.task(t, n, askSilence, false))
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		held := int(v.model.state(t).Held)
		if held == n {
			return all
		}
		if time.Now().After(deadline) {
			t.Fatalf("the model thinks about %d answers, want %d", held, n)
		}
	}
}

// empty waits until everybody is gone, ends what the adapter itself calls, and
// counts the goroutines that are left. It is the end of the adapter.
func (v *visited) empty(t testing.TB) goroutineDump {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); v.model.state(t).Held > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("the model still thinks about %d answers", v.model.state(t).Held)
			break
		}
	}
	v.model.in.Close()
	v.tools.Stop(t)
	leaveNothing()
	const pool = 16 + 2 // connections to the database stay
	for deadline := time.Now().Add(60 * time.Second); descriptors(t, v.adapter) > v.files+pool; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("%d files and connections are open, %d were at the start", descriptors(t, v.adapter), v.files)
			break
		}
	}
	time.Sleep(500 * time.Millisecond) // what has closed its connection has a moment to end
	return goroutines(t, v.adapter)
}

// leaveNothing closes the connections by which the test itself asked.
func leaveNothing() {
	if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		transport.CloseIdleConnections()
	}
}

func selfSigned(t testing.TB) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

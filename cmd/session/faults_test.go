package session

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restail/restail/cmd/serve"
)

// A fault of the layer: what it does to the connection once so many bytes have
// gone through it to the client.
type layerFault int

const (
	healthy layerFault = iota
	reset              // both ends get a reset
	hangUp             // both ends see the other hang up
	freeze             // nothing goes through any more, and nobody is told
	garbage            // what comes is not what was sent
	slow               // a byte at a time, then both ends see the other hang up
	faults
)

// A layer lies between client and service on real sockets, and works against
// them.
type layer struct {
	address string
	mu      sync.Mutex
	plan    func() (layerFault, int) // for the next connection: what, and after how many bytes
	seen    map[layerFault]int
}

// between makes a layer in front of the service at that address.
func between(t testing.TB, service string, plan func() (layerFault, int)) *layer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &layer{address: "ws://" + listener.Addr().String() + serve.Path, plan: plan, seen: map[layerFault]int{}}
	over := make(chan struct{})
	var running sync.WaitGroup
	t.Cleanup(func() {
		close(over)
		listener.Close()
		running.Wait()
	})
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer client.Close()
				upstream, err := net.Dial("tcp", service)
				if err != nil {
					return
				}
				defer upstream.Close()
				l.pass(client.(*net.TCPConn), upstream.(*net.TCPConn), over)
			})
		}
	})
	return l
}

// pass passes on what client and service say until one hangs up, and does what
// is planned.
func (l *layer) pass(client, upstream *net.TCPConn, over <-chan struct{}) {
	l.mu.Lock()
	what, after := l.plan()
	l.seen[what]++
	l.mu.Unlock()
	go func() {
		io.Copy(upstream, client)
		upstream.Close()
	}()
	buf := make([]byte, 4096)
	for passed := 0; ; {
		n, err := upstream.Read(buf)
		if err != nil {
			return
		}
		said := buf[:n]
		step := n
		if what == slow {
			step = 1
		}
		for piece := range slices.Chunk(said, step) {
			left := after - passed
			if what != healthy && len(piece) >= left {
				client.Write(piece[:left])
				l.strike(what, client, upstream, over)
				return
			}
			if _, err := client.Write(piece); err != nil {
				return
			}
			passed += len(piece)
		}
	}
}

func (l *layer) strike(what layerFault, client, upstream *net.TCPConn, over <-chan struct{}) {
	switch what {
	case reset:
		client.SetLinger(0)
		upstream.SetLinger(0)
	case freeze:
		<-over
	case garbage:
		client.Write([]byte(strings.Repeat("\xff\x00garbage", 10)))
		client.CloseWrite()
		io.Copy(io.Discard, client)
	}
}

// counted is a service that numbers its frames through all connections.
func counted() []serve.Action {
	var all []serve.Action
	for n := range 1000 {
		all = append(all, serve.Action{Frame: fmt.Appendf(nil, `{"action":"event","timestamp":1740152273,"n":%d,"pad":"%s"}`, n, strings.Repeat("x", n%700))})
	}
	return all
}

// outages knows which news of the link can come next.
type outages struct {
	up  bool
	ups int
}

// expect returns the status that must be next when it is told which one is: a
// link that never was up may be lost, too.
func (o *outages) expect(status string) string {
	switch {
	case o.up, o.ups == 0 && status == Lost:
		o.up = false
		return Lost
	case o.ups == 0:
		o.up, o.ups = true, 1
		return Connected
	}
	o.up, o.ups = true, o.ups+1
	return Restored
}

// TestFaults runs the client through a layer that cuts, stalls, slows and
// garbles at random. Whatever happens, what comes out is a whole beginning of
// what each connection was sent, in order, with an outage between two.
func TestFaults(t *testing.T) {
	t.Parallel()
	server := serve.New(serve.Options{Actions: counted(), Fragment: 100})
	service := httptest.NewServer(server)
	defer service.Close()
	defer server.Shutdown(t.Context())
	const struck = 40 // connections, before the layer leaves one alone
	random := rand.New(rand.NewPCG(3, 1))
	var dials atomic.Int64
	l := between(t, service.Listener.Addr().String(), func() (layerFault, int) {
		if dials.Add(1) > struck {
			return healthy, 0
		}
		return layerFault(random.IntN(int(faults))), 1 + random.IntN(40_000)
	})
	live, err := NewLive(LiveOptions{
		URL: l.address, Tokens: fixed("t"), Retries: -1,
		MaxBackoff: time.Millisecond, HeartbeatTimeout: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	actions := counted()
	next, news := 0, outages{}
	for item, err := range live.Items(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if item.Link != nil {
			next = 0
			if want := news.expect(item.Link.Status); item.Link.Status != want {
				t.Fatalf("%s instead of %s after %d connections", item.Link.Status, want, news.ups)
			}
			continue
		}
		if string(item.Frame) != string(actions[next].Frame) {
			t.Fatalf("on connection %d frame %d is %q", news.ups, next, item.Frame)
		}
		if next++; next == len(actions) && dials.Load() > struck {
			break
		}
	}
	if next != len(actions) {
		t.Errorf("%d frames of %d at last", next, len(actions))
	}
	for what := reset; what < faults; what++ {
		if l.seen[what] == 0 {
			t.Errorf("fault %d did not happen", what)
		}
	}
}

// real follows a script on a real socket to the end of the link.
func real(t *testing.T, o LiveOptions, act script) *log {
	t.Helper()
	o.URL, _ = loopback(t, act)
	if o.Tokens == nil {
		o.Tokens = fixed("t")
	}
	live, err := NewLive(o)
	if err != nil {
		t.Fatal(err)
	}
	return follow(t.Context(), live, nil)
}

func TestRealOutages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		act    script
		want   []string
		detail string
	}{
		"reset": {func(p *peer) {
			if p.accept() && p.send("a") {
				<-p.answersPing() // the frame was received
				p.Conn.(*net.TCPConn).SetLinger(0)
			}
		}, []string{"connected", "a", "lost network", "ended network"}, "the connection was reset"},
		"cut": {cut("a"),
			[]string{"connected", "a", "lost network", "ended network"}, "the connection was cut without a close frame"},
		"half a frame": {func(p *peer) { p.accept(); p.send("a"); p.write([]byte("\x81\x7e\x01")) },
			[]string{"connected", "a", "lost network", "ended network"}, "the connection was cut without a close frame"},
		"half-open": {says("a"),
			[]string{"connected", "a", "lost heartbeat_timeout", "ended heartbeat_timeout"}, "nothing received for 200ms"},
		"garbage instead of a frame": {func(p *peer) { p.accept(); p.send("a"); p.write([]byte("\xffgarbage")); <-p.gone },
			[]string{"connected", "a", "lost protocol", "ended protocol"}, "the service broke the WebSocket protocol: received header with unexpected rsv bits set: true:true:true"},
		"garbage instead of a handshake": {func(p *peer) { p.read(); p.write([]byte("SSH-2.0-OpenSSH\r\n")) },
			[]string{"lost protocol", "ended protocol"}, ""},
		"no handshake": {func(p *peer) { p.read() }, []string{"lost network", "ended network"}, ""},
		"a close frame": {closes(1012, "restart", "a"),
			[]string{"connected", "a", "lost closed", "ended closed"}, "the service closed the link (1012): restart"},
		"too large": {says("a", strings.Repeat("x", 5000)),
			[]string{"connected", "a", "lost frame_too_large", "ended frame_too_large"}, "a frame is larger than the limit of 4KiB (--max-frame)"},
		"a flood and a close frame": {func(p *peer) {
			p.accept()
			p.write(framed([][]byte{[]byte("1"), []byte("2"), []byte("3")}))
			p.close(1000, "")
		}, []string{"connected", "1", "2", "3", "lost closed", "ended closed"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := real(t, LiveOptions{HeartbeatTimeout: 200 * time.Millisecond, MaxFrame: 4096}, test.act)
			l.expect(t, test.want...)
			if got := l.links[len(l.links)-1].Detail; test.detail != "" && got != test.detail {
				t.Errorf("it says %q, not %q", got, test.detail)
			}
		})
	}
}

// answersPing pings and returns where the answer arrives.
func (p *peer) answersPing() <-chan struct{} {
	p.ping()
	return p.answers
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	live, err := NewLive(LiveOptions{URL: "ws://" + address + "/ws", Tokens: fixed("t"), Retries: 3, MaxBackoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	l := follow(t.Context(), live, nil)
	l.expect(t, "lost network", "ended network")
	if want := "the link was given up after 4 tries: cannot reach " + address + ": dial tcp " + address + ": connect: connection refused"; l.err == nil || l.err.Error() != want {
		t.Errorf("it says %v, not %q", l.err, want)
	}
}

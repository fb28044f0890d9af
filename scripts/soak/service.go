package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// The ways in which the link is broken, and some in which it does not even
// come up.
const (
	reset    = "reset"
	hangUp   = "end without a close frame"
	goodbye  = "close frame"
	silence  = "silence with answered pings"
	garbage  = "garbage"
	half     = "half a frame, then the end"
	tooLarge = "frame beyond the limit"
	trouble  = "handshake refused with 503"
	patience = "handshake refused with 429"
	noAnswer = "handshake cut off"
)

// The largest frame, as the flag has it and in bytes.
const (
	maxFrame  = "256KiB"
	frameSize = 256 << 10
)

var kinds = []string{reset, hangUp, goodbye, silence, garbage, half, tooLarge, trouble, patience, noAnswer}

// A service breaks one link after the other. It serves one client at a time,
// so its fields need the lock only where connections overlap.
type service struct {
	mu          sync.Mutex
	random      *rand.Rand
	cuts        int // to come
	connections int
	broken      map[string]int
	sent        int // actions, and the number of the next
	delivered   map[int]bool
	over        chan struct{} // closed after the last connection's last action
}

func newService(cuts int, seed uint64) *service {
	return &service{
		random: rand.New(rand.NewPCG(seed, 0)), cuts: cuts, broken: map[string]int{},
		delivered: map[int]bool{}, over: make(chan struct{}),
	}
}

type connKey struct{}

func connContext(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// next decides how the next link is broken; "" when enough were.
func (s *service) next() string {
	s.connections++
	if s.cuts == 0 {
		return ""
	}
	s.cuts--
	kind := kinds[s.random.IntN(len(kinds))]
	if kind == silence && s.random.IntN(3) > 0 {
		kind = reset // silence takes its time
	}
	s.broken[kind]++
	return kind
}

// ServeHTTP serves one link to its end. The next one waits until then.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	under := r.Context().Value(connKey{}).(net.Conn)
	kind := s.next()
	switch kind {
	case trouble:
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	case patience:
		w.Header().Set("Retry-After", "0")
		http.Error(w, "not so fast", http.StatusTooManyRequests)
		return
	case noAnswer:
		under.Close()
		return
	}
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer ws.CloseNow()
	ctx := ws.CloseRead(context.Background())
	for range s.random.IntN(5) {
		if !s.burst(ctx, ws) {
			return
		}
	}
	if kind == "" {
		s.last(ctx, ws)
		return
	}
	from := s.sent
	s.some(ctx, ws) // these may be lost
	s.cut(ctx, ws, under, kind, from)
}

// burst sends some actions and waits until they have certainly arrived.
func (s *service) burst(ctx context.Context, ws *websocket.Conn) bool {
	from := s.sent
	if !s.some(ctx, ws) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if ws.Ping(ctx) != nil {
		return false
	}
	s.deliver(from)
	return true
}

// deliver enters the actions from that number on as delivered.
func (s *service) deliver(from int) {
	for n := from; n < s.sent; n++ {
		s.delivered[n] = true
	}
}

// some sends a few actions, most of them small.
func (s *service) some(ctx context.Context, ws *websocket.Conn) bool {
	for range s.random.IntN(60) {
		size := s.random.IntN(1500)
		if s.random.IntN(100) == 0 {
			size = s.random.IntN(frameSize - 1000)
		}
		action := fmt.Sprintf(`{"action":"event","payload":{"eventIdentifier":"%d","eventPayload":{"text":"%s"},"eventSourceId":2,"eventTypeId":4},"timestamp":1740152273}`,
			s.sent, strings.Repeat("x", size))
		s.sent++
		if ws.Write(ctx, websocket.MessageText, []byte(action)) != nil {
			return false
		}
	}
	return true
}

// cut breaks the link. from is the first action that may not have arrived yet.
func (s *service) cut(ctx context.Context, ws *websocket.Conn, under net.Conn, kind string, from int) {
	switch kind {
	case reset:
		under.(*net.TCPConn).SetLinger(0)
		under.Close()
	case hangUp:
		under.Close()
	case goodbye:
		if ws.Close(websocket.StatusGoingAway, "a restart") == nil {
			s.deliver(from) // what was before the answered close frame
		}
	case silence:
		for ws.Ping(ctx) == nil {
			s.deliver(from)
			time.Sleep(20 * time.Millisecond)
		}
	case garbage:
		under.Write([]byte(strings.Repeat("\xf7 garbage ", 5)))
		<-ctx.Done()
	case half:
		under.Write([]byte("\x81\x7e\x10\x00{\"action\":\"event\",\"payl"))
		under.Close()
	case tooLarge:
		ws.Write(ctx, websocket.MessageText, make([]byte, frameSize+1))
		<-ctx.Done()
	}
}

// last serves the link that is left alone.
func (s *service) last(ctx context.Context, ws *websocket.Conn) {
	for range 20 {
		s.burst(ctx, ws)
	}
	close(s.over)
	for ctx.Err() == nil {
		ws.Write(ctx, websocket.MessageText, []byte(`{"action":"heartbeat","payload":{},"timestamp":1740152273}`))
		time.Sleep(50 * time.Millisecond)
	}
}

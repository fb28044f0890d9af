//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	heartbeatTimeout = time.Second
	maxFrame         = 256 << 10
	// fightWithin is how soon after a drain and a redial another drain must come to make
	// restail leave the session to the other client.
	fightWithin = time.Minute
	// fillTime is how long after the last restoration or history request all gaps are
	// filled: restail asks 5s and 35s after a restoration.
	fillTime = 40 * time.Second
)

// A service is the chat service for one restail. It injects one fault after the other into
// the links and logs what it did.
type service struct {
	*rand.Rand
	client *client
	cutter *tlsCutter // nil without -front
	run
	login
	restarts bool // some faults end restail, and it is started again
	over     bool // all faults are injected and the last run has ended

	mu          sync.Mutex // locked while a connection is served: one at a time
	faultsLeft  int
	injected    map[string]int // how often each fault was injected
	links       []*link
	problems    []problem
	accepted    bool          // restail knows in this run that its token is valid: it has answered a ping since the last 401
	redialling  bool          // restail redials because of a drain
	redialledAt time.Duration // when it last did; 0 for never
	memory      [2]int        // most resident memory of restail, in KiB, in each half of the faults
	files       [2]int        // most open files of restail, in each half
	runs        int
	unrecorded  int // actions that the recordings report as unrecorded
	total       int // faults to inject
	chat        chat
}

func newService(c *client, total int, seed uint64) *service {
	s := &service{
		Rand: rand.New(rand.NewPCG(seed, 14)), client: c,
		restarts: seed%2 == 0, faultsLeft: total, total: total, injected: map[string]int{},
	}
	s.issue()
	return s
}

// now returns the time since the start of all logs.
func (s *service) now() time.Duration { return time.Since(start) }

// about returns a random duration from d/2 to 3d/2.
func (s *service) about(d time.Duration) time.Duration {
	return d/2 + time.Duration(s.Int64N(int64(d)))
}

// problem adds a problem of the last link.
func (s *service) problem(kind, format string, args ...any) {
	s.problems = append(s.problems, problem{len(s.links) - 1, kind, fmt.Sprintf(format, args...)})
}

// drainAge is how long ago restail redialled because of a drain.
func (s *service) drainAge() time.Duration {
	switch {
	case s.redialling:
		return 0
	case s.redialledAt == 0:
		return time.Hour
	}
	return s.now() - s.redialledAt
}

// next chooses one of the faults that can be injected now.
func (s *service) next() fault {
	choice := []fault{}
	for _, f := range faults {
		if f.possible == nil || f.possible(s) {
			choice = slices.Concat(choice, slices.Repeat([]fault{f}, f.share))
		}
	}
	if len(choice) == 0 {
		return fault{name: "reset", inject: (*conn).reset, reasons: network}
	}
	return choice[s.IntN(len(choice))]
}

// ServeHTTP refuses a handshake, or serves a link up to its fault.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.links) > 0 { // restail does not fill in what was said before its first handshake
		for range s.IntN(3) {
			s.say()
		}
	}
	if s.full && s.IntN(2) == 0 {
		s.client.limit(unix.RLIM_INFINITY)
	}
	if s.access == "" || r.URL.Query().Get("accessToken") != s.access {
		refuse(http.StatusUnauthorized)(s, w)
		return
	}
	if s.faultsLeft == 0 {
		s.last(w, r)
		return
	}
	half := (s.total - s.faultsLeft) * 2 / s.total
	s.memory[half] = max(s.memory[half], s.client.resident())
	s.files[half] = max(s.files[half], s.client.openFiles())
	s.faultsLeft--
	f := s.next()
	s.injected[f.name]++
	if f.refuse != nil {
		f.refuse(s, w)
		return
	}
	c := s.accept(w, r)
	if c == nil {
		return
	}
	defer c.release()
	c.Fault, c.Reasons = f.name, f.reasons
	if !f.atOnce && !c.serveNormally() || c.left() {
		c.leftByItself()
		return
	}
	f.inject(c)
}

// accept grants a handshake and begins the log of the link.
func (s *service) accept(w http.ResponseWriter, r *http.Request) *conn {
	granted := s.now()
	under, from, peer, err := handshake(w, r)
	if err != nil {
		s.problem(other, "a handshake fails: %v", err)
		return nil
	}
	if s.redialling {
		s.redialling, s.redialledAt = false, granted
	}
	c := &conn{service: s, tcp: under.(*net.TCPConn), peer: peer, synced: make(chan string, 4), gone: make(chan struct{}), eof: make(chan struct{})}
	c.begin(granted)
	go c.receive(from)
	return c
}

// last serves the last link, after all faults, and ends restail.
func (s *service) last(w http.ResponseWriter, r *http.Request) {
	c := s.accept(w, r)
	if c == nil {
		return
	}
	defer c.release()
	c.Fault = "SIGTERM"
	if !c.serveNormally() || !c.settle() {
		s.problem(untimely, "restail left the last link by itself")
	}
	s.over = true
	c.client.limit(unix.RLIM_INFINITY)
	c.signal(syscall.SIGTERM, terminated)
}

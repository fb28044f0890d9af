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
	// fightWithin is how soon after a redial for a drain a second drain makes restail
	// stand down.
	fightWithin = time.Minute
	// fillTime is how long restail does not ask the history when all gaps are filled:
	// it asks 5s and 35s after a restoration.
	fillTime = 40 * time.Second
)

// A service injects one fault after the other into the links of one restail, and
// logs what it did.
type service struct {
	*rand.Rand
	client *client
	splice *splice // nil without a front
	run
	login
	restarts bool // restail is ended and started again now and then
	over     bool // nothing more is to be tested

	mu         sync.Mutex // locked while a connection is served: one at a time
	left       int        // faults to come
	injected   map[string]int
	links      []*link
	problems   []problem
	accepted   bool          // the token, as restail knows: it has answered a ping since the last 401, in this run
	redialling bool          // restail redials because of a drain
	answered   time.Duration // the last such handshake
	memory     [2]int        // the most that restail had resident, in KiB, in each half
	files      [2]int        // the most that it had open
	runs       int
	unrecorded int // actions, as the recordings say
	total      int // faults
	chat       chat
}

func newService(c *client, total int, seed uint64) *service {
	s := &service{
		Rand: rand.New(rand.NewPCG(seed, 14)), client: c,
		restarts: seed%2 == 0, left: total, total: total, injected: map[string]int{},
	}
	s.issue()
	return s
}

func (s *service) now() time.Duration { return time.Since(start) }

// about returns a random time around d.
func (s *service) about(d time.Duration) time.Duration {
	return d/2 + time.Duration(s.Int64N(int64(d)))
}

func (s *service) problem(kind, format string, args ...any) {
	s.problems = append(s.problems, problem{len(s.links) - 1, kind, fmt.Sprintf(format, args...)})
}

// drainAge is how long ago restail redialled because of a drain.
func (s *service) drainAge() time.Duration {
	switch {
	case s.redialling:
		return 0
	case s.answered == 0:
		return time.Hour
	}
	return s.now() - s.answered
}

// next chooses a fault that can be injected now.
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
	if len(s.links) > 0 { // what was said before the first handshake is not filled in
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
	if s.left == 0 {
		s.last(w, r)
		return
	}
	half := (s.total - s.left) * 2 / s.total
	s.memory[half] = max(s.memory[half], s.client.resident())
	s.files[half] = max(s.files[half], s.client.openFiles())
	s.left--
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
	if !f.atOnce && !c.healthy() || c.left() {
		c.leftUnasked()
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
		s.redialling, s.answered = false, granted
	}
	c := &conn{service: s, tcp: under.(*net.TCPConn), peer: peer, synced: make(chan string, 4), gone: make(chan struct{}), eof: make(chan struct{})}
	c.begin(granted)
	go c.receive(from)
	return c
}

// last serves the link that no fault ends.
func (s *service) last(w http.ResponseWriter, r *http.Request) {
	c := s.accept(w, r)
	if c == nil {
		return
	}
	defer c.release()
	c.Fault = "SIGTERM"
	if !c.healthy() || !c.settle() {
		s.problem(untimely, "restail left the last link by itself")
	}
	s.over = true
	c.client.limit(unix.RLIM_INFINITY)
	c.signal(syscall.SIGTERM, terminated)
}

//go:build unix

package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/restail/restail/scripts/wire"
)

// show is what clients are sent: the connection set, and then the events of the
// corpus again and again.
type show struct {
	corpus *corpus
	frames int  // number of events
	rate   int  // events a second; 0: as fast as they are read
	stay   bool // keep the connection open after the last event, without a close frame
	// began is called after the handshake; sent before each event, if there is a rate.
	began func(time.Time)
	sent  func(event int, at time.Time)
}

// sender is a Restream that sends ready-made frames, so that the sender is never what
// is measured.
type sender struct {
	server *httptest.Server

	mu   sync.Mutex
	next show
}

func newSender() *sender {
	s := &sender{}
	s.server = httptest.NewServer(s)
	return s
}

func (s *sender) close() { s.server.Close() }

// url is where clients find the sender.
func (s *sender) url() string { return "ws" + strings.TrimPrefix(s.server.URL, "http") + "/ws" }

// play sets what clients are sent from now on.
func (s *sender) play(next show) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = next
}

// ServeHTTP sends a client its show.
func (s *sender) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	next := s.next
	s.mu.Unlock()
	conn, from, err := wire.Accept(w, r)
	if err != nil {
		return
	}
	defer conn.Close()
	if next.began != nil {
		next.began(time.Now())
	}
	if next.send(conn) == nil {
		drain(conn, from)
	}
}

// drain waits until the client closes, so that it gets everything that was sent.
func drain(conn net.Conn, from *bufio.Reader) {
	conn.SetReadDeadline(time.Now().Add(time.Minute))
	io.Copy(io.Discard, from)
}

var normalClosure = wire.AppendClose(nil, 1000, "")

func (s show) send(to io.Writer) error {
	if _, err := to.Write(s.corpus.opening.wire); err != nil {
		return err
	}
	if s.rate > 0 {
		return s.sendPaced(to)
	}
	events := s.corpus.events
	for left := s.frames; ; left -= len(events.ends) {
		if left > len(events.ends) {
			if _, err := to.Write(events.wire); err != nil {
				return err
			}
			continue
		}
		last := append([]byte(nil), events.wire[:events.ends[left-1]]...)
		if !s.stay {
			last = append(last, normalClosure...)
		}
		_, err := to.Write(last)
		return err
	}
}

func (s show) sendPaced(to io.Writer) error {
	start := time.Now()
	events := s.corpus.events
	for i := range s.frames {
		waitUntil(start.Add(time.Duration(i) * time.Second / time.Duration(s.rate)))
		k := i % len(events.ends)
		from := 0
		if k > 0 {
			from = events.ends[k-1]
		}
		if s.sent != nil {
			s.sent(i, time.Now())
		}
		if _, err := to.Write(events.wire[from:events.ends[k]]); err != nil {
			return err
		}
	}
	if s.stay {
		return nil
	}
	_, err := to.Write(normalClosure)
	return err
}

// waitUntil sleeps more precisely than time.Sleep, which rounds to milliseconds. It
// does not spin, since the clients need the core.
func waitUntil(due time.Time) {
	for left := time.Until(due); left > 0; left = time.Until(due) {
		enough := unix.NsecToTimeval(int64(left + time.Microsecond))
		unix.Select(0, nil, nil, nil, &enough)
	}
}

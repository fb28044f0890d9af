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

// show is what clients are sent.
type show struct {
	corpus *corpus
	frames int // how many events; those of the corpus over and over
	// rate is how many events a second; 0 means as fast as they are read.
	rate int
	// stay keeps the connection open after the last event. Otherwise a close
	// frame follows at once.
	stay bool
	// began is told when a client is connected and sending begins, sent, when
	// it is paced, the number of each event that is about to be sent.
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

// play says what the clients from now on are sent.
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

// drain waits for the client to close, so that nothing that is under way to it
// is lost.
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

// waitUntil sleeps without the Go scheduler's rounding to milliseconds. It does
// not spin: the kernel lets clients wait behind a process that does.
func waitUntil(due time.Time) {
	for left := time.Until(due); left > 0; left = time.Until(due) {
		enough := unix.NsecToTimeval(int64(left + time.Microsecond))
		unix.Select(0, nil, nil, nil, &enough)
	}
}

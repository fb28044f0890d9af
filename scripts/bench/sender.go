//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/restail/restail/cmd/serve"
	"github.com/restail/restail/scripts/wire"
)

// frames are messages, and the same as WebSocket frames that are ready to be written.
type frames struct {
	messages [][]byte
	wire     []byte
	ends     []int // where each frame ends
}

func (f *frames) add(message []byte) {
	f.messages = append(f.messages, message)
	f.wire = wire.AppendFrame(f.wire, wire.Text, message)
	f.ends = append(f.ends, len(f.wire))
}

// mean returns the mean length of a message.
func (f *frames) mean() int {
	total := 0
	for _, m := range f.messages {
		total += len(m)
	}
	return total / len(f.messages)
}

// corpus is what clients are sent: the connection set, then events over and over.
type corpus struct {
	opening, events frames
	twitch          int // how many of the events are from Twitch
}

// corpusEvents is how many events a corpus has.
const corpusEvents = 4000

// identifier matches the identifier of a connection, but for its closing quote.
var identifier = regexp.MustCompile(`("connectionIdentifier":"[^"]*)"`)

// newCorpus takes the events and the connections of the built-in show. It repeats the
// connections until there are that many, and spreads the events over them.
func newCorpus(connections int) *corpus {
	var events, connected [][]byte
	fromTwitch := []bool{}
	seen := map[string]bool{}
	for _, a := range serve.Show() {
		var parsed struct {
			Action  string
			Payload struct {
				ConnectionIdentifier, Status string
				EventSourceID                int
			}
		}
		if json.Unmarshal(a.Frame, &parsed) != nil {
			continue // the show has broken frames too
		}
		switch p := parsed.Payload; {
		case parsed.Action == "event":
			events, fromTwitch = append(events, a.Frame), append(fromTwitch, p.EventSourceID == 2)
		case p.Status == "connected" && !seen[p.ConnectionIdentifier]:
			connected = append(connected, a.Frame)
			seen[p.ConnectionIdentifier] = true
		}
	}
	numbered := func(message []byte, n int) []byte {
		return identifier.ReplaceAll(message, fmt.Appendf(nil, `${1}-%d"`, n))
	}
	c := &corpus{}
	for i := range connections {
		c.opening.add(numbered(connected[i%len(connected)], i/len(connected)))
	}
	for i := range corpusEvents {
		c.events.add(numbered(events[i%len(events)], i/len(events)%max(1, connections/len(connected))))
		if fromTwitch[i%len(events)] {
			c.twitch++
		}
	}
	return c
}

// show is what the sender sends next.
type show struct {
	corpus *corpus
	frames int                             // number of events
	rate   int                             // events a second; 0: as fast as the client reads
	stay   bool                            // keep the connection open after the last event
	began  func(time.Time)                 // called after the handshake
	ended  func(time.Time)                 // called when the client has closed the connection
	sent   func(event int, when time.Time) // called before each event, if there is a rate
}

// sender is a Restream that sends ready-made frames, so that nothing measures the
// sender.
type sender struct {
	server *httptest.Server
	next   atomic.Pointer[show]
}

func newSender() *sender {
	s := &sender{}
	s.server = httptest.NewServer(s)
	return s
}

// url returns where clients find the sender.
func (s *sender) url() string { return "ws" + strings.TrimPrefix(s.server.URL, "http") + "/ws" }

// ServeHTTP sends a client its show, then waits until the client has read it and closes.
func (s *sender) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	next := s.next.Load()
	conn, from, err := wire.Accept(w, r)
	if err != nil {
		return
	}
	defer conn.Close()
	next.began(time.Now())
	if next.send(conn) == nil {
		conn.SetReadDeadline(time.Now().Add(time.Minute))
		io.Copy(io.Discard, from)
	}
	next.ended(time.Now())
}

func (s *show) send(to io.Writer) error {
	if _, err := to.Write(s.corpus.opening.wire); err != nil {
		return err
	}
	start, events := time.Now(), &s.corpus.events
	for i := 0; i < s.frames; {
		first, last := i%corpusEvents, min(corpusEvents, i%corpusEvents+s.frames-i) // of the events, until last
		if s.rate > 0 {
			last = first + 1
			time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(s.rate))))
			if s.sent != nil {
				s.sent(i, time.Now())
			}
		}
		begin := 0
		if first > 0 {
			begin = events.ends[first-1]
		}
		if _, err := to.Write(events.wire[begin:events.ends[last-1]]); err != nil {
			return err
		}
		i += last - first
	}
	if s.stay {
		return nil
	}
	_, err := to.Write(wire.AppendClose(nil, 1000, ""))
	return err
}

// Package serve is a local Restream: it plays a recording, or a built-in show,
// to any number of chat clients over real WebSockets, as the service does.
// `restail serve`, `restail demo` and the tests use it.
package serve

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/restail/restail/cmd/endpoint"
)

// Path is where the chat socket is mounted. Everything but it and [EventsPath] is
// [Options.Other]'s.
const Path = "/ws"

// Options say what a [Server] plays, how fast and to whom. The zero Options play
// the built-in show as fast as the socket takes it, accept any token, and keep
// the connection open afterwards.
type Options struct {
	// Actions are what every client gets, all of them, the connection set first,
	// as the service sends it on connect. Nil plays [Show]. The server never
	// changes them.
	Actions []Action
	// Speed is the factor of the recorded pace: 1 plays as it was recorded, 10
	// ten times as fast, 0 as fast as the socket takes it.
	Speed float64
	// Loop plays the actions again and again, with later timestamps each time.
	Loop bool
	// Outage, when not 0, gives the show one clock, which the first client starts.
	// In the middle of the show every client is cut off, and for that long, in the
	// time of the show, handshakes are answered with 503; at full speed the
	// stretch is skipped. A client that comes later gets the connection set, with
	// the time of the clock as timestamp, and the rest of the show. In a Loop
	// there is an outage in every round.
	Outage time.Duration
	// CloseAtEnd ends a connection with a normal close frame (1000) after the
	// last action. Without it the connection stays up with heartbeats, as the
	// service's does when a broadcast is over.
	CloseAtEnd bool
	// Finish, when set, delays the close of CloseAtEnd until the channel is closed.
	Finish <-chan struct{}
	// Heartbeat is the time without an action after which a heartbeat is sent; 0
	// means the service's 45 s. It is real time at any Speed, since the client
	// measures real time.
	Heartbeat time.Duration
	// Now, when set, gives every action the timestamp of the second in which it
	// is sent, as the service does. Nil sends each action byte for byte, so that a
	// client's output is the same in every run; in a Loop later rounds get later
	// timestamps. The chat history always has those timestamps.
	Now func() time.Time
	// Token is the access token that a client must send; empty accepts any that is
	// not empty.
	Token string
	// Accept, when set, decides about a token instead of Token. It must be safe
	// for concurrent use.
	Accept func(token string) bool
	// Fragment sends each message in WebSocket fragments of that many bytes; 0
	// sends it whole.
	Fragment int
	// WriteTimeout is how long a client may stop reading before it is cut off; 0
	// means ten minutes.
	WriteTimeout time.Duration
	// Other serves every path but [Path] and [EventsPath], such as the OAuth
	// endpoints. Nil answers 404.
	Other http.Handler
}

const (
	defaultHeartbeat    = 45 * time.Second
	defaultWriteTimeout = 10 * time.Minute
	// closeTimeout is how long a shutdown waits for clients to read what they
	// were sent and to answer the close frame.
	closeTimeout = 5 * time.Second
)

// A Server is an HTTP handler. End it with [Server.Shutdown]: an http.Server does
// not close connections that have been upgraded.
type Server struct {
	options  Options
	clock    *clock
	archives func() []*archive // made by the first request for one
	api      http.Handler      // of EventsPath
	stop     chan struct{}     // closed by Shutdown

	mu      sync.Mutex
	stopped bool
	clients map[*client]struct{}
	playing sync.WaitGroup // one for each of clients
}

// New makes a Server.
func New(o Options) *Server {
	if o.Actions == nil {
		o.Actions = Show()
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = defaultHeartbeat
	}
	if o.WriteTimeout <= 0 {
		o.WriteTimeout = defaultWriteTimeout
	}
	if o.Accept == nil {
		o.Accept = only(o.Token)
	}
	if o.Other == nil {
		o.Other = http.HandlerFunc(notFound)
	}
	s := &Server{
		options: o,
		clock:   &clock{timeline: newTimeline(o.Actions, o.Loop), speed: o.Speed, outage: min(o.Outage, never/4)},
		stop:    make(chan struct{}),
		clients: make(map[*client]struct{}),
	}
	began := time.Now()
	s.archives = sync.OnceValue(func() []*archive { return newArchives(s.clock.timeline, began) })
	s.api = s.newAPI()
	return s
}

// only returns a function that accepts one token, or any token when it is empty.
// It compares digests, which takes the same time for any two tokens.
func only(token string) func(string) bool {
	want := sha256.Sum256([]byte(token))
	return func(brought string) bool {
		got := sha256.Sum256([]byte(brought))
		return brought != "" && (token == "" || subtle.ConstantTimeCompare(got[:], want[:]) == 1)
	}
}

// ServeHTTP upgrades a request for [Path] and plays to it until the client
// leaves, the show ends with CloseAtEnd, or Shutdown. It answers requests for the
// chat history under [EventsPath], in an outage too.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	came := time.Now()
	switch {
	case strings.HasPrefix(r.URL.Path, EventsPath):
		s.api.ServeHTTP(w, r)
	case r.URL.Path != Path:
		s.options.Other.ServeHTTP(w, r)
	case !strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		refuse(w, http.StatusUpgradeRequired, "upgrade_required",
			"this is a WebSocket endpoint: connect to ws://HOST"+Path+"?accessToken=TOKEN")
	case s.clock.left(came) > 0:
		refuseFor(w, s.clock.left(came))
	case !s.options.Accept(r.URL.Query().Get("accessToken")):
		refuse(w, http.StatusUnauthorized, "invalid_token",
			"the access token is missing or not accepted: bring it as ?accessToken=TOKEN")
	default:
		s.serve(w, r, came)
	}
}

// LoopbackOnly returns a handler that refuses every request whose Host is not
// this machine. Without it a web page could have its own name resolved to this
// machine (DNS rebinding) and read a private recording.
func LoopbackOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !endpoint.IsLoopbackHost(r.Host) {
			refuse(w, http.StatusForbidden, "forbidden_host", "the Host must be localhost or a loopback address")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// loopback are the origins of the web pages that may connect: those of this
// machine. Otherwise any page in the user's browser could read a private
// recording.
var loopback = []string{"localhost", "localhost:*", "127.0.0.1", "127.0.0.1:*", `\[::1\]`, `\[::1\]:*`}

// serve plays to a client. What it gets of the show begins with the request, so
// that a client misses nothing behind the answer to its handshake.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, came time.Time) {
	select {
	case <-s.stop:
		refuse(w, http.StatusServiceUnavailable, "shutting_down", "the server is shutting down")
		return
	default:
	}
	under := &hijacker{ResponseWriter: w, timeout: s.options.WriteTimeout}
	ws, err := websocket.Accept(under, r, &websocket.AcceptOptions{OriginPatterns: loopback})
	if err != nil {
		return // Accept has answered
	}
	c := &client{Options: &s.options, clock: s.clock, ws: ws, conn: under.conn, stop: s.stop, gone: make(chan struct{})}
	if !s.enter(c) {
		ws.CloseNow()
		return
	}
	defer s.leave(c)
	c.span = s.clock.enter(came)
	c.run()
}

// enter adds c to the clients, unless a shutdown came first.
func (s *Server) enter(c *client) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return false
	}
	s.clients[c] = struct{}{}
	s.playing.Add(1)
	return true
}

func (s *Server) leave(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, c)
	s.playing.Done()
}

// Shutdown ends every connection with a close frame (1001, going away) and
// returns when all have ended. It cuts off clients that do not answer within 5 s,
// or before ctx is done, and returns an error then. New clients get 503.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.stopped {
		s.stopped = true
		close(s.stop)
	}
	s.mu.Unlock()

	gone := make(chan struct{})
	go func() {
		s.playing.Wait()
		close(gone)
	}()
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		s.cut()
		<-gone
		return ctx.Err()
	}
}

// cut closes the connections of all clients at once.
func (s *Server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.clients {
		c.conn.Close()
	}
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	refuse(w, http.StatusNotFound, "not_found", "nothing is served here; the chat socket is "+Path)
}

// refuseFor refuses a handshake during an outage. Retry-After has whole seconds;
// for less than one it is left out, since it would ask a client to come too late.
func refuseFor(w http.ResponseWriter, left time.Duration) {
	if left >= time.Second {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(left.Seconds()))))
	}
	refuse(w, http.StatusServiceUnavailable, "outage", "an outage of the show: try again later")
}

// refuse answers with an error in the form of the service's API. The message must
// not quote the client, which may have sent a token.
func refuse(w http.ResponseWriter, status int, name, message string) {
	type detail struct {
		Message    string `json:"message"`
		Name       string `json:"name"`
		StatusCode int    `json:"statusCode"`
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]detail{"error": {message, name, status}})
}

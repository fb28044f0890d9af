// Package serve is a Restream on this machine, for demos and tests.
//
// It sends each client the actions of a recording or of the built-in show over a
// WebSocket, at their times. It answers requests for the chat history and for tokens.
//
// All clients share the actions, which nothing changes. The goroutine of a client's
// request sends them, and is the only one that writes to the client's socket. The
// [Server] owns the clock that clients share, and closes their connections.
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

// Path is the path of the chat socket.
const Path = "/ws"

// Options say what a [Server] plays, how fast and to whom. The zero Options play
// the built-in show as fast as the client reads, accept any token, and keep
// connections open at the end.
type Options struct {
	// Actions are sent to every client. They begin with the connection set, as on the
	// service. Nil plays [Show].
	Actions []Action
	// Speed is the factor of the recorded pace: 1 plays as recorded, 10 ten times as
	// fast, 0 as fast as the client reads.
	Speed float64
	// Loop plays the actions again and again, with later timestamps each time.
	Loop bool
	// Outage, when not 0, gives the show one clock, which the first client starts.
	// In the middle of the show the server disconnects every client and then answers
	// handshakes with 503, for that long by the clock; at full speed it skips that
	// time. A client that connects later gets the connection set, with the time of
	// the clock as its timestamp, and the rest of the show. With Loop each round has an
	// outage.
	Outage time.Duration
	// CloseAtEnd closes a connection normally (1000) after the last action. Without
	// it the connection stays up with heartbeats, as on the service when a broadcast
	// is over.
	CloseAtEnd bool
	// Finish, when set, delays the close of CloseAtEnd until the channel is closed.
	Finish <-chan struct{}
	// Token is the only access token to accept; empty accepts any that is not empty.
	Token string
	// Accept, when set, replaces Token: it reports whether to accept a token. It must
	// be safe for concurrent use.
	Accept func(token string) bool
	// Other serves all paths but [Path] and those below [EventsPath]. Nil answers 404.
	Other http.Handler
}

const (
	// heartbeat is the time without an action after which a heartbeat is sent, as
	// the service does. It is real time at any speed: clients measure real time.
	heartbeat = 45 * time.Second
	// writeTimeout is how long a client may stop reading before it is disconnected.
	writeTimeout = 10 * time.Minute
	// closeTimeout is how long Shutdown waits for clients to read what was sent and to
	// answer the close frame.
	closeTimeout = 5 * time.Second
)

// A Server is an HTTP handler. End it with [Server.Shutdown]: an http.Server does
// not close connections that have been upgraded.
type Server struct {
	options  Options
	clock    *clock
	archives func() []*archive // made by the first request for the history
	api      http.Handler      // of EventsPath
	stop     chan struct{}     // closed by Shutdown

	mu      sync.Mutex
	stopped bool
	clients map[*client]struct{}
	playing sync.WaitGroup // counts clients
}

// New makes a Server.
func New(o Options) *Server {
	if o.Actions == nil {
		o.Actions = Show()
	}
	if o.Accept == nil {
		o.Accept = acceptOnly(o.Token)
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
	started := time.Now()
	s.archives = sync.OnceValue(func() []*archive { return newArchives(s.clock.timeline, started) })
	s.api = s.newAPI()
	return s
}

// acceptOnly returns a function that accepts one token, or any token when that is empty.
// It compares digests, which takes the same time for any two tokens.
func acceptOnly(token string) func(string) bool {
	want := sha256.Sum256([]byte(token))
	return func(sent string) bool {
		got := sha256.Sum256([]byte(sent))
		return sent != "" && (token == "" || subtle.ConstantTimeCompare(got[:], want[:]) == 1)
	}
}

// ServeHTTP upgrades a request for [Path] and sends the show until the client leaves,
// the show ends with CloseAtEnd, or Shutdown is called. It answers requests for the
// chat history below [EventsPath], during an outage too.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
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
	case s.clock.outageLeft(arrived) > 0:
		refuseFor(w, s.clock.outageLeft(arrived))
	case !s.options.Accept(r.URL.Query().Get("accessToken")):
		refuse(w, http.StatusUnauthorized, "invalid_token",
			"the access token is missing or not accepted: send it as ?accessToken=TOKEN")
	default:
		s.serve(w, r, arrived)
	}
}

// LoopbackOnly returns a handler that refuses every request whose Host is not this
// machine. Otherwise a web page whose name resolves to this machine (DNS rebinding)
// could read a private recording.
func LoopbackOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !endpoint.IsLoopbackHost(r.Host) {
			refuse(w, http.StatusForbidden, "forbidden_host", "the Host must be localhost or a loopback address")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// loopback are the origins of web pages that may connect: those of this machine.
// Otherwise any page in the user's browser could read a private recording.
var loopback = []string{"localhost", "localhost:*", "127.0.0.1", "127.0.0.1:*", `\[::1\]`, `\[::1\]:*`}

// serve sends the show to a client. Its part begins at the time of the request, so that
// the client misses nothing after the answer to its handshake.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, arrived time.Time) {
	select {
	case <-s.stop:
		refuse(w, http.StatusServiceUnavailable, "shutting_down", "the server is shutting down")
		return
	default:
	}
	under := &hijacker{ResponseWriter: w}
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
	c.span = s.clock.spanFor(arrived)
	c.run()
}

// enter adds c to the clients. It returns false after a shutdown.
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

// leave removes c from the clients.
func (s *Server) leave(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, c)
	s.playing.Done()
}

// Shutdown closes every connection (1001, going away) and returns when all have
// ended. It disconnects clients that do not answer within 5 s, or before ctx is done,
// and returns an error then. New clients get 503.
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

// cut disconnects all clients at once.
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

// refuseFor refuses a handshake during an outage of which that much is left.
// Retry-After has whole seconds. For less than one there is none, since the client
// would wait too long.
func refuseFor(w http.ResponseWriter, left time.Duration) {
	if left >= time.Second {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(left.Seconds()))))
	}
	refuse(w, http.StatusServiceUnavailable, "outage", "an outage of the show: try again later")
}

// refuse answers with an error in the form of the service's API. The message must
// not quote the request, which may have a token.
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

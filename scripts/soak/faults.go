//go:build linux

package main

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/restail/restail/scripts/wire"
)

// A fault is a way in which a link breaks, or does not come up.
type fault struct {
	name     string
	share    int                   // of all faults
	possible func(s *service) bool // nil: always
	atOnce   bool                  // right after the handshake
	// One of them: refuse answers a handshake, inject ends a link.
	refuse  func(s *service, w http.ResponseWriter)
	inject  func(c *conn)
	reasons []string // that restail may give for the end of the link
}

var (
	network   = []string{"network"}
	closed    = []string{"closed"}
	violation = []string{"protocol"}
	tooLarge  = []string{"frame_too_large"}
	silent    = []string{"heartbeat_timeout"}
)

// Times for which restail is stopped.
const (
	short = heartbeatTimeout / 2
	long  = heartbeatTimeout * 2
)

var faults = []fault{
	{name: "handshake refused with 503", share: 3, refuse: refuse(http.StatusServiceUnavailable)},
	{name: "handshake refused with 429", share: 3, refuse: refuse(http.StatusTooManyRequests)},
	{name: "handshake cut", share: 3, refuse: cutHandshake},
	{name: "401 once after a reconnect", share: 1, refuse: refuse(http.StatusUnauthorized),
		possible: func(s *service) bool { return s.accepted }},

	{name: "401 until the login is refreshed", share: 1, refuse: revoke, possible: (*service).canRevoke},
	{name: "401, and the refresh is refused", share: 1, refuse: logOut, possible: func(s *service) bool { return s.restarts && !*backfill }},

	{name: "reset at once", share: 2, atOnce: true, inject: (*conn).reset, reasons: network},
	{name: "an action and a close frame at once", share: 2, atOnce: true, inject: func(c *conn) { c.burst(1); c.close(1001) }, reasons: closed},
	{name: "reset", share: 10, inject: (*conn).reset, reasons: network},
	{name: "end without a close frame", share: 10, inject: (*conn).hangUp, reasons: network},
	{name: "close 1001", share: 10, inject: func(c *conn) { c.close(1001) }, reasons: closed},
	{name: "close 1008 after an action", share: 5, inject: func(c *conn) { c.heartbeat(); c.close(1008) }, reasons: closed},

	{name: "silence with answered pings", share: 1, inject: func(c *conn) { c.silence(c.ping) }, reasons: silent},
	{name: "nothing but broken actions", share: 1, inject: func(c *conn) { c.silence(c.junk) }, reasons: silent},
	{name: "a message without an end", share: 1, inject: endless, reasons: silent},
	{name: "broken actions, then an end", share: 2, inject: junkThenEnd, reasons: network},

	{name: "a burst, cut at any byte", share: 10, inject: cutBurst, reasons: network},
	{name: "TLS, cut at any byte", share: 10, inject: cutTLS, reasons: network, possible: func(s *service) bool { return s.splice != nil }},
	{name: "half-open: nothing comes any more", share: 1, inject: func(c *conn) { c.silence(func() {}) }, reasons: silent},
	{name: "a fragment, then an end", share: 6, inject: fragment, reasons: network},
	{name: "garbage", share: 3, inject: func(c *conn) { c.rejects([]byte("\xf7 garbage")) }, reasons: violation},
	{name: "a masked frame", share: 4, inject: masked, reasons: violation},
	{name: "a header beyond the limit", share: 4, inject: func(c *conn) { c.rejects(wire.AppendHeader(nil, wire.Text, maxFrame+1)) }, reasons: tooLarge},
	{name: "a frame beyond the limit", share: 3, inject: large, reasons: tooLarge},

	{name: "pings, then an end", share: 6, inject: func(c *conn) { c.pings(); c.end() }, reasons: network},
	{name: "pings, then close 1001", share: 6, inject: func(c *conn) { c.pings(); c.close(1001) }, reasons: closed},
	{name: "pongs that cannot be written", share: 1, inject: deaf, reasons: network},
	{name: "stopped: pings, then an end", share: 4, inject: func(c *conn) { c.stopped(short, c.end) }, reasons: network},
	{name: "stopped: pings, then close 1001", share: 4, inject: func(c *conn) { c.stopped(short, func() { c.close(1001) }) }, reasons: closed},
	{name: "stopped beyond the heartbeat timeout, then an end", share: 1, inject: func(c *conn) { c.stopped(long, c.end) }, reasons: slices.Concat(network, silent)},
	{name: "stopped, goes on, then an end", share: 2, inject: stoppedGoesOn, reasons: network},
	{name: "slow reader: pings, then an end", share: 3, inject: func(c *conn) { c.slowly(c.end) }, reasons: network},
	{name: "slow reader: pings, then close 1001", share: 3, inject: func(c *conn) { c.slowly(func() { c.close(1001) }) }, reasons: closed},

	{name: "SIGTERM, and a new run", share: 3, inject: terminate, possible: func(s *service) bool { return s.restarts }},
	{name: "SIGKILL, and a new run", share: 3, inject: kill, possible: (*service).canKill},
	{name: "the disk is full for a while", share: 2, inject: fillDisk, reasons: network},

	{name: "drain", share: 4, inject: drain, reasons: []string{"drained"}, possible: func(s *service) bool { return s.drainAge() > fightWithin+5*time.Second }},
	{name: "drain again", share: 6, inject: drainAgain, reasons: []string{"replaced"}, possible: func(s *service) bool { return s.drainAge() < fightWithin-5*time.Second }},
}

func refuse(status int) func(*service, http.ResponseWriter) {
	return func(s *service, w http.ResponseWriter) {
		s.accepted = s.accepted && status != http.StatusUnauthorized
		w.Header().Set("Retry-After", "0")
		http.Error(w, http.StatusText(status), status)
	}
}

func cutHandshake(s *service, w http.ResponseWriter) {
	under, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: web"
	under.Write([]byte(answer)[:s.IntN(len(answer))])
	under.Close()
}

// close sends a close frame and ends the connection.
func (c *conn) close(code int) {
	if c.peer == nil || *plays {
		c.out = wire.AppendClose(c.out, code, "soak")
	} else {
		c.send(wire.Close, strconv.AppendInt(nil, int64(code), 10), 1)
	}
	c.flush()
	c.end()
}

// silence sends what does not count as an action until restail leaves.
func (c *conn) silence(send func()) {
	for !c.leaves(100 * time.Millisecond) {
		if c.now()-c.acted > heartbeatTimeout+time.Second {
			c.problem(untimely, "restail stays %v after the last action", c.now()-c.acted)
			return
		}
		send()
		c.flush()
	}
	c.arrived()
	if quiet := c.now() - c.acted; quiet < heartbeatTimeout*9/10 {
		c.problem(untimely, "restail leaves %v after the last action", quiet)
	}
}

func junkThenEnd(c *conn) {
	for range 5 {
		c.junk()
		c.flush()
		time.Sleep(heartbeatTimeout / 10)
	}
	c.end()
}

// endless sends fragments of one message.
func endless(c *conn) {
	first := byte(wire.Text &^ wire.Fin)
	c.silence(func() {
		c.out = wire.AppendFrame(c.out, first, []byte(`{"action":"event","payload":{"eventIdentifier":"endless"}`))
		first = wire.More
	})
}

const half = `{"action":"event","payload":{"eventIdentifier":"half"},"timestamp":1}`

// cutBurst writes a few actions up to any byte. The log has those that are whole.
func cutBurst(c *conn) {
	for range 1 + c.IntN(5) {
		c.action(c.IntN(800))
	}
	c.out = c.out[:c.IntN(len(c.out))]
	whole := len(c.Actions)
	for whole > 0 && c.Actions[whole-1].End > c.written+len(c.out) {
		whole--
	}
	c.Actions = c.Actions[:whole]
	c.alive = whole > 0 && c.Actions[whole-1].End > c.written
	c.flush()
	c.end()
}

func fragment(c *conn) {
	c.out = wire.AppendFrame(c.out, wire.Text&^wire.Fin, []byte(half))
	if c.IntN(2) == 0 {
		c.ping()
	}
	c.flush()
	c.end()
}

// rejects writes bytes for which restail must leave at once.
func (c *conn) rejects(bytes []byte) {
	c.out = append(c.out, bytes...)
	c.flush()
	c.arrived()
	if !c.leaves(heartbeatTimeout / 2) {
		c.problem(untimely, "restail does not leave at once")
	}
}

// masked sends a whole action in a masked frame, its mask zero.
func masked(c *conn) {
	frame := wire.AppendHeader(nil, wire.Text, len(half))
	frame[1] |= 0x80
	c.rejects(append(append(frame, 0, 0, 0, 0), half...))
}

// large sends more than the limit, in one frame or in fragments.
func large(c *conn) {
	pieces := 1 + c.IntN(3)
	var frames []byte
	first := byte(wire.Text &^ wire.Fin)
	for i := range pieces {
		if i == pieces-1 {
			first |= wire.Fin
		}
		frames = wire.AppendFrame(frames, first, make([]byte, maxFrame/pieces+1))
		first = wire.More
	}
	c.rejects(frames)
}

// pings sends a few pings among actions.
func (c *conn) pings() {
	for range 1 + c.IntN(4) {
		c.ping()
		c.action(c.IntN(300))
		c.action(c.IntN(300))
	}
	c.flush()
}

// deaf does not read pongs until restail cannot write them any more, and sends
// actions all the while.
func deaf(c *conn) {
	c.deaf.Store(true)
	c.tcp.SetReadDeadline(time.Now())
	for range 120 {
		for range 500 {
			c.out = wire.AppendFrame(c.out, wire.Ping, make([]byte, 125))
		}
		c.action(100)
		c.flush()
	}
	for range 5 {
		time.Sleep(heartbeatTimeout / 5)
		c.action(100)
		c.flush()
	}
	if c.torn {
		c.problem(untimely, "restail has stopped reading")
	}
	if *front != "" { // there restail may still be reading pings that are a second old
		c.delay(heartbeatTimeout / 2)
	}
	c.reset()
}

// stopped stops restail for about that long, sends actions and pings meanwhile, calls
// do, and lets restail go on.
func (c *conn) stopped(wait time.Duration, do func()) {
	if !c.sync() {
		c.leftUnasked()
		return
	}
	c.client.stop()
	c.pause = stopped
	defer c.client.goOn()
	c.pings()
	time.Sleep(c.about(wait))
	c.pings()
	do()
}

// stoppedGoesOn has restail wait for data after the pause, which ends it.
func stoppedGoesOn(c *conn) {
	c.stopped(short, func() {})
	if c.left() || !c.sync() {
		c.leftUnasked()
		return
	}
	time.Sleep(c.about(heartbeatTimeout / 10))
	c.pause = none
	c.heartbeat()
	c.burst(3)
	c.end()
}

// slowly sends more than fits into restail's output and its buffer while nobody reads
// the output, then calls do. If all of it fitted, restail would be right to leave after
// its heartbeat timeout.
func (c *conn) slowly(do func()) {
	if !c.sync() {
		c.leftUnasked()
		return
	}
	resume := c.client.hold()
	defer resume()
	c.heartbeat()
	c.flush()
	c.pause = slow
	for range 800 {
		c.action(c.IntN(2000))
		if c.IntN(100) == 0 {
			c.ping()
		}
	}
	c.flush()
	time.Sleep(c.about(heartbeatTimeout))
	do()
	time.Sleep(c.about(heartbeatTimeout / 5))
	if c.unacknowledged {
		c.To = c.now() + transit // restail may have had to wait for what never came
	}
}

// drained closes all connections of the account and sends heartbeats for that long. It
// reports whether restail left.
func (c *conn) drained(within time.Duration) bool {
	c.disconnect()
	c.flush()
	from, to := c.From, c.To
	defer func() { c.From, c.To = from, to }()
	return c.beat(within)
}

func drain(c *conn) {
	if !c.drained(10 * time.Second) {
		c.problem(untimely, "restail stays 10s after a drain")
	}
	c.redialling = true
}

// drainAgain has restail stand down. Then its connections come back, or the link ends.
func drainAgain(c *conn) {
	if c.drained(c.about(heartbeatTimeout)) {
		c.problem(untimely, "restail leaves instead of standing down")
		return
	}
	if c.IntN(2) == 0 {
		fault := c.Fault
		c.begin(c.now())
		c.Fault, c.Reasons = fault, network
		c.connections()
		c.flush()
		c.Answered = c.now()
		c.burst(5)
	}
	c.end()
}

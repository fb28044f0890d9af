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
	share    int                   // how often it is chosen, relative to the others
	possible func(s *service) bool // reports whether it can be injected now; nil means always
	atOnce   bool                  // inject right after the handshake, before any action
	// A fault has one of these: refuse answers a handshake, inject ends a link.
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

// How long restail is stopped: too short and long enough for the heartbeat timeout to pass.
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
	{name: "TLS, cut at any byte", share: 10, inject: cutTLS, reasons: network, possible: func(s *service) bool { return s.cutter != nil }},
	{name: "half-open: nothing comes any more", share: 1, inject: func(c *conn) { c.silence(func() {}) }, reasons: silent},
	{name: "a fragment, then an end", share: 6, inject: fragment, reasons: network},
	{name: "garbage", share: 3, inject: func(c *conn) { c.violate([]byte("\xf7 garbage")) }, reasons: violation},
	{name: "a masked frame", share: 4, inject: masked, reasons: violation},
	{name: "a header beyond the limit", share: 4, inject: func(c *conn) { c.violate(wire.AppendHeader(nil, wire.Text, maxFrame+1)) }, reasons: tooLarge},
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

// refuse refuses a handshake with an HTTP status.
func refuse(status int) func(*service, http.ResponseWriter) {
	return func(s *service, w http.ResponseWriter) {
		s.accepted = s.accepted && status != http.StatusUnauthorized
		w.Header().Set("Retry-After", "0")
		http.Error(w, http.StatusText(status), status)
	}
}

// cutHandshake sends a part of the answer to a handshake and closes the connection.
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

// silence calls send, which must not send an action, until restail leaves. That must
// happen when the heartbeat timeout is over.
func (c *conn) silence(send func()) {
	for !c.leaves(100 * time.Millisecond) {
		if c.now()-c.lastAction > heartbeatTimeout+time.Second {
			c.problem(untimely, "restail stays %v after the last action", c.now()-c.lastAction)
			return
		}
		send()
		c.flush()
	}
	c.markArrived()
	if quiet := c.now() - c.lastAction; quiet < heartbeatTimeout*9/10 {
		c.problem(untimely, "restail leaves %v after the last action", quiet)
	}
}

// junkThenEnd sends broken actions for half the heartbeat timeout and ends the connection.
func junkThenEnd(c *conn) {
	for range 5 {
		c.junk()
		c.flush()
		time.Sleep(heartbeatTimeout / 10)
	}
	c.end()
}

// endless sends fragments of one message, and never the last one.
func endless(c *conn) {
	first := byte(wire.Text &^ wire.Fin)
	c.silence(func() {
		c.out = wire.AppendFrame(c.out, first, []byte(`{"action":"event","payload":{"eventIdentifier":"endless"}`))
		first = wire.More
	})
}

// half is an action that restail must never write.
const half = `{"action":"event","payload":{"eventIdentifier":"half"},"timestamp":1}`

// cutBurst writes a few actions, cut off after a random byte, and ends the connection. The
// log gets only the complete ones.
func cutBurst(c *conn) {
	for range 1 + c.IntN(5) {
		c.action(c.IntN(800))
	}
	c.out = c.out[:c.IntN(len(c.out))]
	complete := len(c.Actions)
	for complete > 0 && c.Actions[complete-1].End > c.written+len(c.out) {
		complete--
	}
	c.Actions = c.Actions[:complete]
	c.hasAction = complete > 0 && c.Actions[complete-1].End > c.written
	c.flush()
	c.end()
}

// fragment sends an action in a frame that is not marked as the last one, and ends the
// connection.
func fragment(c *conn) {
	c.out = wire.AppendFrame(c.out, wire.Text&^wire.Fin, []byte(half))
	if c.IntN(2) == 0 {
		c.ping()
	}
	c.flush()
	c.end()
}

// violate writes bytes that break the protocol or the frame limit. restail must leave at
// once.
func (c *conn) violate(bytes []byte) {
	c.out = append(c.out, bytes...)
	c.flush()
	c.markArrived()
	if !c.leaves(heartbeatTimeout / 2) {
		c.problem(untimely, "restail does not leave at once")
	}
}

// masked sends an action in a masked frame, which only a client may send. The mask is zero.
func masked(c *conn) {
	frame := wire.AppendHeader(nil, wire.Text, len(half))
	frame[1] |= 0x80
	c.violate(append(append(frame, 0, 0, 0, 0), half...))
}

// large sends a message beyond the limit, in one frame or in fragments.
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
	c.violate(frames)
}

// pings sends a few pings, each followed by actions.
func (c *conn) pings() {
	for range 1 + c.IntN(4) {
		c.ping()
		c.action(c.IntN(300))
		c.action(c.IntN(300))
	}
	c.flush()
}

// deaf sends pings and actions and reads no pongs, so that restail cannot write pongs any
// more. restail must go on reading actions.
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
		c.problem(untimely, "restail does not read any more")
	}
	if *front != "" { // the proxy buffers, and restail may be reading pings that are a second old
		c.delay(heartbeatTimeout / 2)
	}
	c.reset()
}

// stopped stops restail for about that long, sends pings and actions meanwhile, calls do,
// and lets restail go on.
func (c *conn) stopped(wait time.Duration, do func()) {
	if !c.sync() {
		c.leftByItself()
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

// stoppedGoesOn stops restail and then has it wait for data. Then the pause is over, and
// later actions move the beginning of the gap.
func stoppedGoesOn(c *conn) {
	c.stopped(short, func() {})
	if c.left() || !c.sync() {
		c.leftByItself()
		return
	}
	time.Sleep(c.about(heartbeatTimeout / 10))
	c.pause = none
	c.heartbeat()
	c.burst(3)
	c.end()
}

// slowly stops reading restail's stdout, sends more than fits into restail's buffers, calls
// do, and reads on. If all of it fitted, restail could read on, find nothing, and be right
// to leave after its heartbeat timeout.
func (c *conn) slowly(do func()) {
	if !c.sync() {
		c.leftByItself()
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
		c.To = c.now() + transit // restail may have waited for bytes that never came
	}
}

// drained announces that another client took over all connections to platforms, and sends
// heartbeats for that long. It reports whether restail left.
func (c *conn) drained(within time.Duration) bool {
	c.disconnect()
	c.flush()
	from, to := c.From, c.To
	defer func() { c.From, c.To = from, to }() // heartbeats after a drain do not move the beginning of the gap
	return c.beat(within)
}

// drain makes restail redial.
func drain(c *conn) {
	if !c.drained(10 * time.Second) {
		c.problem(untimely, "restail stays 10s after a drain")
	}
	c.redialling = true
}

// drainAgain drains restail again so soon that it must stay and leave the session to the
// other client. Then its connections come back, or the link ends.
func drainAgain(c *conn) {
	if c.drained(c.about(heartbeatTimeout)) {
		c.problem(untimely, "restail leaves after the second drain")
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

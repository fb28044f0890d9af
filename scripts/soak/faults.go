//go:build linux

package main

import (
	"net/http"
	"strings"
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

var faults = []fault{
	{name: "handshake refused with 503", share: 30, refuse: refuse(http.StatusServiceUnavailable)},
	{name: "handshake refused with 429", share: 30, refuse: refuse(http.StatusTooManyRequests)},
	{name: "handshake cut", share: 30, refuse: cutHandshake},
	{name: "401 once after a reconnect", share: 10, refuse: refuse(http.StatusUnauthorized), possible: unauthorizedIsForgiven},

	{name: "reset at once", share: 20, atOnce: true, inject: (*conn).reset, reasons: network},
	{name: "an action and a close frame at once", share: 20, atOnce: true, inject: func(c *conn) { c.burst(1); c.close(1001) }, reasons: closed},
	{name: "reset", share: 100, inject: (*conn).reset, reasons: network},
	{name: "end without a close frame", share: 100, inject: (*conn).hangUp, reasons: network},
	{name: "close 1001", share: 100, inject: func(c *conn) { c.close(1001) }, reasons: closed},
	{name: "close 1008 after an action", share: 50, inject: func(c *conn) { c.heartbeat(); c.close(1008) }, reasons: closed},

	{name: "silence with answered pings", share: 15, inject: func(c *conn) { c.silence((*conn).ping) }, reasons: silent},
	{name: "nothing but broken actions", share: 15, inject: func(c *conn) { c.silence(junk) }, reasons: silent},
	{name: "a message without an end", share: 15, inject: endless, reasons: silent},
	{name: "broken actions, then an end", share: 20, inject: junkThenEnd, reasons: network},

	{name: "half a frame, then an end", share: 60, inject: halfFrame, reasons: network},
	{name: "a fragment, then an end", share: 60, inject: fragment, reasons: network},
	{name: "garbage", share: 30, inject: func(c *conn) { c.out = append(c.out, "\xf7 garbage"...); c.rejected() }, reasons: violation},
	{name: "a masked frame", share: 40, inject: masked, reasons: violation},
	{name: "a header beyond the limit", share: 40, inject: announced, reasons: tooLarge},
	{name: "a frame beyond the limit", share: 30, inject: large, reasons: tooLarge},

	{name: "pings, then an end", share: 60, inject: func(c *conn) { c.pings(); c.end() }, reasons: network},
	{name: "pings, then close 1001", share: 60, inject: func(c *conn) { c.pings(); c.close(1001) }, reasons: closed},
	{name: "pongs that cannot be written", share: 10, inject: deaf, reasons: network},
	{name: "stopped: pings, then an end", share: 40, inject: stoppedEnd, reasons: network},
	{name: "stopped: pings, then close 1001", share: 40, inject: stoppedClose, reasons: closed},
	{name: "stopped beyond the heartbeat timeout, then an end", share: 10, inject: stoppedLong, reasons: []string{"network", "heartbeat_timeout"}},
	{name: "stopped, goes on, then an end", share: 20, inject: stoppedGoesOn, reasons: network},
	{name: "slow reader: pings, then an end", share: 30, inject: func(c *conn) { c.slowly(c.end) }, reasons: network},
	{name: "slow reader: pings, then close 1001", share: 30, inject: func(c *conn) { c.slowly(func() { c.close(1001) }) }, reasons: closed},

	{name: "drain", share: 40, inject: drain, possible: drainIsClear, reasons: []string{"drained"}},
	{name: "drain again", share: 60, inject: drainAgain, possible: drainIsFought, reasons: []string{"replaced"}},
}

func refuse(status int) func(*service, http.ResponseWriter) {
	return func(s *service, w http.ResponseWriter) {
		s.refused = s.refused || status == http.StatusUnauthorized
		w.Header().Set("Retry-After", "0")
		http.Error(w, http.StatusText(status), status)
	}
}

// unauthorizedIsForgiven: once after each granted handshake.
func unauthorizedIsForgiven(s *service) bool { return len(s.links) > 0 && !s.refused }

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
	c.out = wire.AppendClose(c.out, code, "soak")
	c.flush()
	c.end()
}

// silence sends what is no sign of life until restail leaves.
func (c *conn) silence(send func(*conn)) {
	for !c.leaves(100 * time.Millisecond) {
		if c.now()-c.acted > heartbeatTimeout+time.Second {
			c.problem(untimely, "restail stays %v after the last action", c.now()-c.acted)
			return
		}
		send(c)
		c.flush()
	}
	c.arrived()
	if quiet := c.now() - c.acted; quiet < heartbeatTimeout*9/10 {
		c.problem(untimely, "restail leaves %v after the last action", quiet)
	}
}

func junk(c *conn) {
	c.text("no action")
	c.text(`{"action":""}`)
}

func junkThenEnd(c *conn) {
	for range 5 {
		junk(c)
		c.flush()
		time.Sleep(heartbeatTimeout / 10)
	}
	c.end()
}

// endless sends fragments of one message.
func endless(c *conn) {
	first := byte(wire.Text &^ wire.Fin)
	c.silence(func(c *conn) {
		c.out = wire.AppendFrame(c.out, first, []byte(`{"action":"event","payload":{"eventIdentifier":"endless"}`))
		first = wire.More
	})
}

const half = `{"action":"event","payload":{"eventIdentifier":"half"},"timestamp":1}`

func halfFrame(c *conn) {
	frame := wire.AppendFrame(nil, wire.Text, []byte(half+strings.Repeat(" ", c.IntN(200))))
	c.out = append(c.out, frame[:1+c.IntN(len(frame)-1)]...)
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

// rejected writes what must make restail leave at once.
func (c *conn) rejected() {
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
	c.out = append(append(append(c.out, frame...), 0, 0, 0, 0), half...)
	c.rejected()
}

func announced(c *conn) {
	c.out = wire.AppendHeader(c.out, wire.Text, maxFrame+1)
	c.rejected()
}

// large sends more than the limit, in one frame or in fragments.
func large(c *conn) {
	pieces := 1 + c.IntN(3)
	first := byte(wire.Text)
	for i := range pieces {
		if first &^= wire.Fin; i == pieces-1 {
			first |= wire.Fin
		}
		c.out = wire.AppendFrame(c.out, first, make([]byte, maxFrame/pieces+1))
		first = wire.More
	}
	c.rejected()
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
		if !c.flush() {
			c.problem(untimely, "restail has stopped reading")
			break
		}
	}
	for range 5 {
		time.Sleep(heartbeatTimeout / 5)
		c.action(100)
		c.flush()
	}
	c.reset()
}

// stopped stops restail, sends actions and pings, waits, does what is asked and lets
// restail go on.
func (c *conn) stopped(wait time.Duration, do func()) {
	if !c.sync() {
		c.leftUnasked()
		return
	}
	c.client.stop()
	c.pause = stopped
	defer c.client.goOn()
	c.pings()
	time.Sleep(wait)
	c.pings()
	do()
}

func stoppedEnd(c *conn)   { c.stopped(c.about(heartbeatTimeout/2), c.end) }
func stoppedClose(c *conn) { c.stopped(c.about(heartbeatTimeout/2), func() { c.close(1001) }) }
func stoppedLong(c *conn)  { c.stopped(c.about(heartbeatTimeout)+heartbeatTimeout, c.end) }

// stoppedGoesOn has restail wait for data after the pause, which ends it.
func stoppedGoesOn(c *conn) {
	c.stopped(c.about(heartbeatTimeout/2), func() {})
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

// slowly sends more than fits into restail's buffer while nobody reads what it
// writes, and does what is asked.
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
	for range 600 {
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

// drainIsClear: no earlier drain makes restail stand down.
func drainIsClear(s *service) bool {
	return !s.redialling && (s.answered == 0 || s.now()-s.answered > fightWithin+5*time.Second)
}

// drainIsFought: restail takes a drain for the work of another client.
func drainIsFought(s *service) bool {
	return s.redialling || s.answered != 0 && s.now()-s.answered < fightWithin-5*time.Second
}

// drained takes all connections away and sends heartbeats for that long, or until
// restail leaves, which it tells.
func (c *conn) drained(within time.Duration) bool {
	c.disconnect()
	c.flush()
	from, to := c.From, c.To
	defer func() { c.From, c.To = from, to }()
	for until := c.now() + within; c.now() < until; {
		if c.leaves(100 * time.Millisecond) {
			return true
		}
		c.heartbeat()
		c.flush()
	}
	return false
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

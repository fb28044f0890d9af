//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/restail/restail/scripts/wire"
)

// byItself is the fault of a link that restail left before a fault was injected.
const byItself = "none: restail left by itself"

// A pause says why restail does not read from its connection at present.
type pause int

const (
	none    pause = iota // it reads
	slow                 // nobody reads its stdout
	stopped              // SIGSTOP
)

// A conn is a connection to the client, and the log of its link.
type conn struct {
	*service
	*link
	tcp        *net.TCPConn
	peer       *peer         // nil when soak writes the frames itself
	out        []byte        // bytes that flush writes
	hasAction  bool          // out has an action, or a heartbeat
	torn       bool          // only a part of the last frame could be written
	written    int           // bytes
	lastAction time.Duration // when the last action or heartbeat was written
	pause      pause
	// unconfirmed reports that an action was written since the last pong.
	unconfirmed bool
	// unacknowledged reports that the client's kernel had not acknowledged everything
	// when the connection ended.
	unacknowledged bool
	deaf           atomic.Bool // the service does not read from the connection

	synced    chan string   // payloads of pongs that sync waits for
	gone, eof chan struct{} // closed when the client sends a close frame or leaves, and when it has left
}

// begin starts the log of a link whose handshake was granted at that time.
func (c *conn) begin(granted time.Duration) {
	c.link = &link{Run: c.runs, Granted: granted, Answered: c.now(), From: granted}
	c.To = c.Answered + transit
	c.lastAction = granted
	c.links = append(c.links, c.link)
}

// release closes what is still open.
func (c *conn) release() {
	c.tcp.Close()
	if c.peer != nil {
		c.peer.Close()
	}
}

// receive reads what the client sends, passes it on to the peer, and notices when the
// client leaves.
func (c *conn) receive(from *bufio.Reader) {
	leaving := false
	for {
		var frame bytes.Buffer
		first, payload, err := wire.ReadFrame(io.TeeReader(from, &frame))
		if c.peer != nil && err == nil { // a part of a frame would garble soak's own
			c.peer.Write(frame.Bytes())
		}
		if err != nil && c.deaf.Load() {
			return
		}
		if (err != nil || first == wire.Close) && !leaving {
			leaving = true
			close(c.gone)
		}
		if err != nil {
			close(c.eof)
			return
		}
		if first == wire.Pong && strings.HasPrefix(string(payload), "sync") {
			c.synced <- string(payload)
		}
	}
}

// left reports whether the client has left.
func (c *conn) left() bool { return c.leaves(0) }

// leaves reports whether the client leaves within that time.
func (c *conn) leaves(within time.Duration) bool {
	select {
	case <-c.gone:
	case <-time.After(within):
	}
	select {
	case <-c.gone:
		return true
	default:
		return false
	}
}

// message returns an event with an id and some padding.
func message(id string, size int, at time.Time) []byte {
	return fmt.Appendf(nil, `{"action":"event","payload":{"eventId":"%s","eventIdentifier":"%s","eventPayload":{"padding":"%s","text":"%[2]s"},"eventSourceId":2,"eventTypeId":4},"timestamp":%[4]d}`,
		broadcast, id, strings.Repeat("x", size), at.Unix())
}

// action appends the next action, with that many bytes of padding, sometimes in fragments
// with a ping between them. Sizes vary, so that all kinds of frame headers occur.
func (c *conn) action(size int) {
	id, at := c.say()
	message := message(strconv.Itoa(id), size, at)
	switch {
	case *plays:
		c.play(id)
	case c.peer != nil && c.IntN(8) == 0:
		c.send(wire.Text, message, 2+c.IntN(3))
	case c.peer != nil:
		c.send(wire.Text, message, 1)
	default:
		c.fragments(message)
	}
	c.hasAction = true
	c.Actions = append(c.Actions, action{ID: id, End: c.written + len(c.out)})
}

// fragments appends a message, sometimes in fragments with pings between them.
func (c *conn) fragments(message []byte) {
	first := byte(wire.Text)
	for c.IntN(8) == 0 {
		n := c.IntN(len(message))
		c.out = wire.AppendFrame(c.out, first&^wire.Fin, message[:n])
		message, first = message[n:], wire.Fin|wire.More
		if c.IntN(2) == 0 {
			c.ping()
		}
	}
	c.out = wire.AppendFrame(c.out, first, message)
}

// burst appends up to n actions, and writes them.
func (c *conn) burst(n int) {
	for range c.IntN(n + 1) {
		size := c.IntN(800)
		if c.IntN(300) == 0 {
			size = c.IntN(maxFrame - 1000)
		}
		c.action(size)
	}
	c.flush()
}

// sendText appends a message that does not go into the log.
func (c *conn) sendText(message string) { c.send(wire.Text, []byte(message), 1) }

// stamp returns the member of an action that says when it was sent.
func stamp() string { return fmt.Sprintf(`"timestamp":%d`, time.Now().Unix()) }

// junk appends broken actions.
func (c *conn) junk() {
	c.sendText("no action")
	c.sendText(`{"action":""}`)
}

// ping appends a ping.
func (c *conn) ping() {
	// Some peers refuse a ping while one with the same payload is not answered.
	c.send(wire.Ping, fmt.Appendf(nil, "%-*d", c.IntN(126), c.Uint64()), 1)
}

// heartbeat appends a heartbeat.
func (c *conn) heartbeat() {
	c.sendText(`{"action":"heartbeat","payload":{},` + stamp() + `}`)
	c.hasAction = true
}

// beat sends heartbeats for that long, and reports whether restail left.
func (c *conn) beat(within time.Duration) (left bool) {
	for until := c.now() + within; c.now() < until; {
		if c.leaves(100 * time.Millisecond) {
			return true
		}
		c.heartbeat()
		c.flush()
	}
	return false
}

// connections appends the announcement of two connections to platforms.
func (c *conn) connections() {
	for _, slug := range []string{"twitch", "youtube"} {
		c.sendText(`{"action":"connection_info","payload":{"connectionIdentifier":"1-` + slug + `-soak","connectionUuid":"` + slug +
			`","eventSourceId":2,"reason":null,"status":"connected","target":{},"userId":1},` + stamp() + `}`)
	}
	c.hasAction = true
}

// disconnect appends that another client took both of them over.
func (c *conn) disconnect() {
	for _, slug := range []string{"youtube", "twitch"} {
		c.sendText(`{"action":"connection_closed","payload":{"connectionUuid":"` + slug + `","reason":"replaced"},` + stamp() + `}`)
	}
	c.hasAction = true
}

// flush writes what was appended, in up to two pieces, and logs the time. After a write
// that fails or times out, nothing more is written.
func (c *conn) flush() {
	before, out := c.now(), c.out
	c.tcp.SetWriteDeadline(time.Now().Add(time.Second))
	split := c.IntN(len(out) + 1)
	for _, piece := range [][]byte{out[:split], out[split:]} {
		if !c.torn {
			n, _ := c.tcp.Write(piece)
			c.written, c.torn = c.written+n, n < len(piece)
		}
	}
	for i := len(c.Actions) - 1; i >= 0 && c.Actions[i].Sent == 0; i-- {
		c.Actions[i].Sent = c.now()
	}
	if c.hasAction {
		c.lastAction = before
		if c.pause == none && *front == "" {
			c.From = before
		}
		if c.pause != stopped {
			c.unconfirmed, c.To = true, c.now()+transit
		}
	}
	c.out, c.hasAction = nil, false
}

// delay logs the actions that may not have arrived as sent that much later than now.
func (c *conn) delay(by time.Duration) {
	sent := c.now() + by
	for i := range c.Actions {
		if !c.Actions[i].Arrived {
			c.Actions[i].Sent = sent
		}
	}
	c.To = sent + transit
}

// sync writes what was appended and a ping, and waits for the pong. Then everything that
// was written has arrived. It reports whether the client stays.
func (c *conn) sync() bool {
	want := fmt.Sprintf("sync%d", c.written)
	c.send(wire.Ping, []byte(want), 1)
	c.flush()
	timeout := time.After(10 * time.Second)
	for got := ""; got != want; {
		select {
		case got = <-c.synced:
		case <-c.gone:
			return false
		case <-timeout:
			c.problem(untimely, "no pong within 10s")
			return false
		}
	}
	c.accepted = true
	if c.unconfirmed {
		c.unconfirmed, c.To = false, c.now()
	}
	if c.pause == none {
		c.From = c.lastAction
	}
	for i := range c.Actions {
		c.Actions[i].Arrived = true
	}
	return true
}

// serveNormally sends connections, actions, pings, heartbeats and broken actions, and
// reports whether the link stays up. Pongs may or may not have confirmed the last actions.
func (c *conn) serveNormally() bool {
	c.connections()
	for range c.IntN(4) {
		c.burst(30)
		c.junk()
		c.heartbeat()
		if !c.sync() {
			return false
		}
		time.Sleep(c.about(10 * time.Millisecond))
	}
	c.burst(30)
	if c.IntN(2) == 0 {
		return true
	}
	if !c.sync() {
		return false
	}
	for range c.IntN(4) {
		c.ping()
		c.junk()
		c.flush()
		time.Sleep(c.about(50 * time.Millisecond))
	}
	return true
}

// leftByItself logs that the client left before a fault was injected. That is allowed only
// when the machine was so slow that its heartbeat timeout passed.
func (c *conn) leftByItself() {
	if c.Fault == byItself {
		return
	}
	if quiet := c.now() - c.lastAction; quiet < heartbeatTimeout*9/10 {
		c.problem(untimely, "restail left a healthy link %v after an action", quiet)
	}
	c.Reasons = nil
	c.From, c.To = c.Granted, c.now()
	c.injected[c.Fault]--
	c.Fault = byItself
	c.injected[byItself]++
}

// markArrived marks the actions that the client's kernel has acknowledged. The client can
// read them, whatever happens to the connection.
func (c *conn) markArrived() {
	if *front != "" { // the kernel of the proxy acknowledges, and restail may never get it
		c.unacknowledged = true
		c.Reasons = append(slices.Clone(c.Reasons), "network")
		return
	}
	raw, err := c.tcp.SyscallConn()
	if err != nil {
		return
	}
	acknowledged := 0
	for range 20 {
		raw.Control(func(fd uintptr) {
			if waiting, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ); err == nil {
				acknowledged = c.written - waiting
			}
		})
		if acknowledged == c.written {
			break
		}
		time.Sleep(time.Millisecond)
	}
	for i, a := range c.Actions {
		c.Actions[i].Arrived = a.Arrived || a.End <= acknowledged
	}
	if c.unacknowledged = acknowledged < c.written; c.unacknowledged {
		// A kernel whose buffers are full may ignore RST too.
		c.Reasons = append(slices.Clone(c.Reasons), "network", "heartbeat_timeout")
	}
}

// reset ends the connection with RST.
func (c *conn) reset() {
	c.markArrived()
	c.tcp.SetLinger(0)
	c.tcp.Close()
}

// hangUp ends the connection with FIN and waits for the client to do the same.
func (c *conn) hangUp() {
	c.markArrived()
	c.tcp.CloseWrite()
	select {
	case <-c.eof:
	case <-time.After(5 * time.Second):
	}
	c.tcp.Close()
}

// cut closes the connection: with FIN, and with RST if the client still sends something.
func (c *conn) cut() {
	c.markArrived()
	c.tcp.Close()
}

// end ends the connection in one of these three ways, but not with hangUp when the client
// does not read: hangUp would wait for it in vain.
func (c *conn) end() {
	ways := []func(){c.reset, c.cut, c.hangUp}
	if c.pause != none {
		ways = ways[:2]
	}
	ways[c.IntN(len(ways))]()
}

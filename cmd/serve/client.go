package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/coder/websocket"
)

// client is the connection of a chat client. The goroutine of its request runs it.
type client struct {
	*Options
	span
	clock *clock
	ws    *websocket.Conn
	conn  *conn         // under ws
	stop  chan struct{} // closed when the server shuts down
	gone  chan struct{} // closed when nothing more can be read from the client

	finish <-chan struct{} // nil until the last action is sent, then Finish

	at    time.Duration // the show's time of the last frame that was sent
	moved []byte        // buffer for a frame whose timestamp is moved
}

var (
	errGone = errors.New("the client has gone")
	errStop = errors.New("the server is shutting down")
	errCut  = errors.New("an outage of the show begins")
	errOver = errors.New("the show is over")
)

// cutTime is how long a client may take after a cut to read what was sent before.
const cutTime = time.Second

// forever is a time that is never reached.
var forever = time.Date(2238, time.January, 1, 0, 0, 0, 0, time.UTC)

// run sends the show until one side closes the connection.
func (c *client) run() {
	go c.read()
	if c.Speed > 0 && c.cut != never {
		c.conn.setLastDeadline(c.due(c.cut).Add(cutTime))
	}
	err := c.play()
	if err == nil && (!c.CloseAtEnd || c.Finish != nil) {
		c.finish = c.Finish
		err = c.waitUntil(forever)
	}
	switch {
	case err == nil, errors.Is(err, errOver):
		c.ws.Close(websocket.StatusNormalClosure, "the show is over")
	case errors.Is(err, errStop) && c.conn.uncork() == nil:
		c.ws.Close(websocket.StatusGoingAway, "shutting down")
	case errors.Is(err, errCut):
		c.conn.uncork()
	}
	c.ws.CloseNow()
	<-c.gone
}

// read reads and ignores what the client sends. The library answers pings and the
// close frame only while a read is under way.
func (c *client) read() {
	defer close(c.gone)
	c.ws.SetReadLimit(-1)
	for {
		_, message, err := c.ws.Reader(context.Background())
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, message); err != nil {
			return
		}
	}
}

// play sends the connection set, if the client's part is not the beginning of the
// show, and then the actions, each at its time.
func (c *client) play() error {
	c.conn.cork()
	c.at = c.from
	for _, frame := range c.clock.connections(c.next) {
		if origin := c.clock.origin; !origin.IsZero() {
			frame = setStamp(nil, frame, origin.Add(c.from))
		}
		if err := c.send(frame); err != nil {
			return err
		}
	}
	for n := c.next; c.clock.has(n) && c.clock.at(n) < c.cut; n++ {
		at := c.clock.at(n)
		if err := c.waitForShow(at); err != nil {
			return err
		}
		frame := c.clock.frame(n)
		if by := c.clock.roundStart(n); by > 0 {
			c.moved = moveStamp(c.moved[:0], frame, by)
			frame = c.moved
		}
		if err := c.send(frame); err != nil {
			return err
		}
		c.at = at
		c.clock.sent(n)
	}
	if c.cut == never {
		return c.conn.uncork()
	}
	if err := c.waitForShow(c.cut); err != nil {
		return err
	}
	c.clock.skip(c.cut)
	return errCut
}

// waitForShow waits until a time of the show; at full speed it does not wait.
func (c *client) waitForShow(at time.Duration) error {
	if c.Speed <= 0 {
		return c.ended()
	}
	return c.waitUntil(c.due(at))
}

// due returns the real time for a time of the show.
func (c *client) due(at time.Duration) time.Time {
	return c.start.Add(time.Duration(min(float64(at)/c.Speed, math.MaxInt64/2)))
}

// waitUntil waits until a time, and sends heartbeats meanwhile.
func (c *client) waitUntil(until time.Time) error {
	start := time.Now()
	if !until.After(start) {
		return c.ended()
	}
	if err := c.conn.uncork(); err != nil {
		return err
	}
	for beat := start.Add(heartbeat); beat.Before(until); beat = beat.Add(heartbeat) {
		if err := c.sleep(beat); err != nil {
			return err
		}
		if err := c.sendHeartbeat(beat.Sub(start)); err != nil {
			return err
		}
	}
	err := c.sleep(until)
	c.conn.cork()
	return err
}

// ended returns why nothing more can be sent, nil while more can be sent.
func (c *client) ended() error {
	select {
	case <-c.gone:
		return errGone
	case <-c.stop:
		return errStop
	default:
		return nil
	}
}

// sleep waits until a time. Its error says what ended the wait early.
func (c *client) sleep(until time.Time) error {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-c.gone:
		return errGone
	case <-c.stop:
		return errStop
	case <-c.finish:
		return errOver
	}
}

// sendHeartbeat sends a heartbeat, with the time of the show as its timestamp. after
// is the real time since the last action.
func (c *client) sendHeartbeat(after time.Duration) error {
	now := time.Now()
	if origin := c.clock.origin; !origin.IsZero() {
		if c.Speed > 0 {
			after = time.Duration(float64(after) * c.Speed)
		}
		now = origin.Add(c.at + after)
	}
	return c.send(fmt.Appendf(nil, `{"action":"heartbeat","payload":{},"timestamp":%d}`, now.Unix()))
}

// send sends one message. Its context cannot be cancelled: one that can costs more
// than the write, and conn has a timeout.
func (c *client) send(frame []byte) error {
	return c.ws.Write(context.Background(), websocket.MessageText, frame)
}

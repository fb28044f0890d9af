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

// client is a connection of a chat client. The goroutine of its request plays to it.
type client struct {
	*Options
	span
	clock *clock
	ws    *websocket.Conn
	conn  *conn         // under ws
	stop  chan struct{} // closed when the server shuts down
	gone  chan struct{} // closed when nothing more can be read from the client

	finish <-chan struct{} // Finish after the last action; nil before

	at    time.Duration // the time of the show when the last frame was sent
	moved []byte        // buffer for an action with another timestamp
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

// run plays to the client until one side closes the connection.
func (c *client) run() {
	go c.read()
	if c.Speed > 0 && c.cut != never {
		c.conn.end(c.due(c.cut).Add(cutTime))
	}
	err := c.play()
	if err == nil && (!c.CloseAtEnd || c.Finish != nil) {
		c.finish = c.Finish
		err = c.pause(forever)
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

// read ignores what the client sends. The library answers pings and the close
// frame only while a read is under way.
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

// play sends the connection set, if the show has begun before, and then the actions,
// each at its time.
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
		if err := c.await(at); err != nil {
			return err
		}
		frame := c.clock.frame(n)
		if by := c.clock.begin(n); by > 0 {
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
	if err := c.await(c.cut); err != nil {
		return err
	}
	c.clock.skip(c.cut)
	return errCut
}

// await waits until a time of the show.
func (c *client) await(at time.Duration) error {
	if c.Speed <= 0 {
		return c.ended()
	}
	return c.pause(c.due(at))
}

// due returns the real time for a time of the show.
func (c *client) due(at time.Duration) time.Time {
	return c.start.Add(time.Duration(min(float64(at)/c.Speed, math.MaxInt64/2)))
}

// pause waits until a time, and sends heartbeats meanwhile.
func (c *client) pause(until time.Time) error {
	began := time.Now()
	if !until.After(began) {
		return c.ended()
	}
	if err := c.conn.uncork(); err != nil {
		return err
	}
	for beat := began.Add(heartbeat); beat.Before(until); beat = beat.Add(heartbeat) {
		if err := c.sleep(beat); err != nil {
			return err
		}
		if err := c.sendHeartbeat(beat.Sub(began)); err != nil {
			return err
		}
	}
	err := c.sleep(until)
	c.conn.cork()
	return err
}

// ended returns why nothing more can be sent; nil while it can.
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

// sleep waits until a time. Its error says what ended the wait before.
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

// sendHeartbeat sends a heartbeat, with the time of the show as its timestamp.
// after is the time since the last action.
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

package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/coder/websocket"
)

// client is one connection. The goroutine of its request plays to it.
type client struct {
	*Options
	origin time.Time // the first timestamp of the show; zero when it has none
	ws     *websocket.Conn
	conn   *conn         // under ws
	stop   chan struct{} // closed when the server shuts down
	gone   chan struct{} // closed when nothing more can be read from the client

	at    time.Duration // the time of the last action that was sent
	moved []byte        // buffer for an action with another timestamp
}

var (
	errGone = errors.New("the client has gone")
	errStop = errors.New("the server is shutting down")
)

// forever is a time that never comes.
var forever = time.Date(2238, time.January, 1, 0, 0, 0, 0, time.UTC)

// run plays to the client until one side ends it.
func (c *client) run() {
	go c.read()
	err := c.play()
	if err == nil && !c.CloseAtEnd {
		err = c.pause(forever)
	}
	switch {
	case err == nil:
		c.ws.Close(websocket.StatusNormalClosure, "the show is over")
	case errors.Is(err, errStop) && c.conn.uncork() == nil:
		c.ws.Close(websocket.StatusGoingAway, "shutting down")
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

// play sends the actions, each at its time, round after round.
func (c *client) play() error {
	c.conn.cork()
	start := time.Now()
	length := roundLength(c.Actions)
	for round := time.Duration(0); ; round += length {
		for i := range c.Actions {
			a := &c.Actions[i]
			if err := c.await(start, round+a.At); err != nil {
				return err
			}
			if err := c.sendAction(a.Frame, round); err != nil {
				return err
			}
			c.at = round + a.At
		}
		if !c.Loop || len(c.Actions) == 0 {
			return c.conn.uncork()
		}
	}
}

// roundLength returns the length of one round of a loop, in whole seconds, since
// timestamps move by it.
func roundLength(actions []Action) time.Duration {
	if len(actions) == 0 {
		return 0
	}
	return actions[len(actions)-1].At.Truncate(time.Second) + 2*time.Second
}

// await returns at the time at of a show that began at start.
func (c *client) await(start time.Time, at time.Duration) error {
	if c.Speed <= 0 {
		return c.ended()
	}
	due := min(float64(at)/c.Speed, math.MaxInt64/2)
	return c.pause(start.Add(time.Duration(due)))
}

// pause waits until the given time. It sends a heartbeat whenever the client has
// received nothing for the heartbeat interval.
func (c *client) pause(until time.Time) error {
	began := time.Now()
	if !until.After(began) {
		return c.ended()
	}
	if err := c.conn.uncork(); err != nil {
		return err
	}
	for beat := began.Add(c.Heartbeat); beat.Before(until); beat = beat.Add(c.Heartbeat) {
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

// ended returns why nothing more may be sent, nil while it may.
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
	}
}

// sendAction sends a frame of the show with its timestamp moved.
func (c *client) sendAction(frame []byte, by time.Duration) error {
	switch {
	case c.Now != nil:
		c.moved = setStamp(c.moved[:0], frame, c.Now())
		frame = c.moved
	case by > 0:
		c.moved = moveStamp(c.moved[:0], frame, by)
		frame = c.moved
	}
	return c.send(frame)
}

// sendHeartbeat sends a heartbeat, with the time of the show as its timestamp.
// after is the time since the last action.
func (c *client) sendHeartbeat(after time.Duration) error {
	now := time.Now()
	switch {
	case c.Now != nil:
		now = c.Now()
	case !c.origin.IsZero() && c.Speed > 0:
		now = c.origin.Add(c.at + time.Duration(float64(after)*c.Speed))
	case !c.origin.IsZero():
		now = c.origin.Add(c.at + after)
	}
	return c.send(fmt.Appendf(nil, `{"action":"heartbeat","payload":{},"timestamp":%d}`, now.Unix()))
}

// send sends one message. Its context is never done, since one that can be done
// costs more than the write; conn has a timeout of its own.
func (c *client) send(frame []byte) error {
	ctx := context.Background()
	if c.Fragment <= 0 {
		return c.ws.Write(ctx, websocket.MessageText, frame)
	}
	message, err := c.ws.Writer(ctx, websocket.MessageText)
	if err != nil {
		return err
	}
	for piece := range slices.Chunk(frame, c.Fragment) {
		if _, err := message.Write(piece); err != nil {
			return err
		}
	}
	return message.Close()
}

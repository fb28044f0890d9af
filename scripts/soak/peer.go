//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/restail/restail/scripts/wire"
)

var (
	peerAddress = flag.String("peer", "", "another server that writes the frames, `HOST:PORT`; empty for soak itself")
	plays       = flag.Bool("plays", false, "the peer takes no commands: it plays the recording that -print-show prints")
	front       = flag.String("front", "", "the `URL` of a TLS proxy in front of soak; its path begins with the port to forward to")
)

// A peer is soak's connection to another server, one for each connection of restail. The
// peer answers the handshake and receives all that restail sends. It writes frames, at
// soak's command. Soak decides when to forward them to restail, and how many bytes.
type peer struct {
	net.Conn
	from *bufio.Reader
}

// handshake grants a handshake, or forwards it to the peer. It returns the connection to
// restail, a reader of what restail sends, and the peer, nil without one.
func handshake(w http.ResponseWriter, r *http.Request) (under net.Conn, from *bufio.Reader, p *peer, err error) {
	if *peerAddress == "" {
		under, from, err = wire.Accept(w, r)
		return under, from, nil, err
	}
	conn, err := net.Dial("tcp", *peerAddress)
	if err != nil {
		return nil, nil, nil, err
	}
	p = &peer{conn, bufio.NewReader(conn)}
	answer := []byte{}
	err = r.Write(conn)
	for err == nil && !bytes.HasSuffix(answer, []byte("\r\n\r\n")) {
		var line []byte
		line, err = p.from.ReadBytes('\n')
		answer = append(answer, line...)
	}
	if err == nil && !bytes.HasPrefix(answer, []byte("HTTP/1.1 101 ")) {
		err = fmt.Errorf("the peer answers %q", answer)
	}
	var rw *bufio.ReadWriter
	if err == nil {
		under, rw, err = http.NewResponseController(w).Hijack()
	}
	if err != nil {
		conn.Close()
		return nil, nil, nil, err
	}
	under.Write(answer)
	return under, rw.Reader, p, nil
}

// readFrame reads a frame that the peer has sent.
func (p *peer) readFrame() (frame []byte, err error) {
	frame = make([]byte, 2, 1024)
	if _, err := io.ReadFull(p.from, frame); err != nil {
		return nil, err
	}
	length := uint64(frame[1])
	if more := map[byte]int{126: 2, 127: 8}[frame[1]]; more > 0 {
		var bytes [8]byte
		if _, err := io.ReadFull(p.from, bytes[8-more:]); err != nil {
			return nil, err
		}
		frame = append(frame, bytes[8-more:]...)
		length = binary.BigEndian.Uint64(bytes[:])
	}
	if length > maxFrame {
		return nil, fmt.Errorf("the peer sends a frame of %d bytes", length)
	}
	header := len(frame)
	frame = append(frame, make([]byte, length)...)
	_, err = io.ReadFull(p.from, frame[header:])
	return frame, err
}

// send appends a frame. If there is a peer that takes commands, it makes the frame: a
// message in that many fragments, with pings between them.
func (c *conn) send(first byte, payload []byte, fragments int) {
	if c.peer == nil || *plays {
		c.out = wire.AppendFrame(c.out, first, payload)
		return
	}
	command := fmt.Appendf(nil, "%d %d\n%s", first, fragments, payload)
	frame := wire.AppendHeader(nil, wire.Text, len(command))
	frame[1] |= 0x80 // masked, as a client's frames must be; the mask is zero
	c.peer.Write(append(append(frame, 0, 0, 0, 0), command...))
	c.take(first)
}

// take appends the frames that the peer sends, up to the end of the message or the control
// frame that begins with that byte.
func (c *conn) take(first byte) {
	c.peer.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		frame, err := c.peer.readFrame()
		if err != nil || frame[0] == wire.Close && first != wire.Close {
			if !c.leaves(heartbeatTimeout) {
				c.problem(other, "the peer closed the connection by itself: %v %.100q", err, frame)
			}
			return
		}
		c.out = append(c.out, frame...)
		if frame[0] == first || first == wire.Text && frame[0] == wire.Fin|wire.More {
			return
		}
	}
}

// idPlaceholder stands where an action that the peer plays needs its id.
const idPlaceholder = "##########"

// play appends the next action that the peer plays, with that id.
func (c *conn) play(id int) {
	from := len(c.out)
	c.take(wire.Text)
	number := fmt.Appendf(nil, "%0*d", len(idPlaceholder), id)
	copy(c.out[from:], bytes.ReplaceAll(c.out[from:], []byte(idPlaceholder), number))
}

//go:build linux

package main

import (
	"io"
	"math"
	"net"
	"strings"
	"sync/atomic"
	"time"
)

// A tlsCutter stands between one restail and the TLS proxy (-front). It forwards
// connections, and can cut one after any byte of the encrypted stream.
type tlsCutter struct {
	net.Listener
	left atomic.Int64 // how many more bytes to forward to restail before the cut
}

const unlimited = math.MaxInt64 / 2

func newTLSCutter() (*tlsCutter, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &tlsCutter{Listener: listener}
	s.left.Store(unlimited)
	go func() {
		for near, err := s.Accept(); err == nil; near, err = s.Accept() {
			go s.pass(near.(*net.TCPConn))
		}
	}()
	return s, nil
}

// pass forwards one connection.
func (s *tlsCutter) pass(near *net.TCPConn) {
	defer near.Close()
	far, err := net.Dial("tcp", strings.TrimPrefix(*front, "https://"))
	if err != nil {
		return
	}
	defer far.Close()
	go func() {
		io.Copy(far, near)
		far.Close()
	}()
	buffer := make([]byte, 16<<10)
	for {
		n, err := far.Read(buffer)
		left := s.left.Add(int64(-n))
		if near.Write(buffer[:max(0, n+int(min(left, 0)))]); left < 0 {
			near.SetLinger(int(time.Now().UnixNano()/1000%2) - 1) // 0 for RST, -1 for FIN
			s.left.Store(unlimited)
			return
		}
		if err != nil {
			return
		}
	}
}

// cutTLS cuts the encrypted connection in the middle of some actions.
func cutTLS(c *conn) {
	c.cutter.left.Store(c.Int64N(5000))
	for !c.left() {
		c.burst(10)
		time.Sleep(c.about(time.Millisecond))
	}
}

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

// A splice passes TCP connections of one restail on to the front, and can cut one at any
// byte of what is encrypted.
type splice struct {
	net.Listener
	left atomic.Int64 // bytes to pass on to restail
}

const unlimited = math.MaxInt64 / 2

func newSplice() (*splice, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &splice{Listener: listener}
	s.left.Store(unlimited)
	go func() {
		for near, err := s.Accept(); err == nil; near, err = s.Accept() {
			go s.pass(near.(*net.TCPConn))
		}
	}()
	return s, nil
}

// pass serves a connection.
func (s *splice) pass(near *net.TCPConn) {
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

// cutTLS cuts the encrypted connection at any byte of a burst.
func cutTLS(c *conn) {
	c.splice.left.Store(c.Int64N(5000))
	for !c.left() {
		c.burst(10)
		time.Sleep(c.about(time.Millisecond))
	}
}

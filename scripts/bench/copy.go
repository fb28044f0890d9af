//go:build unix

package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/coder/websocket"
)

// copyRole copies frames and line ends through coder/websocket to stdout, with buffers
// that are used again.
func copyRole(url string) error {
	return copyFrames(url, bufio.NewWriterSize(os.Stdout, 32<<10), http.DefaultClient)
}

// wideRole is L: the same with 64 KiB under the connection. It writes out what it has
// when it is about to read the socket again.
func wideRole(url string) error {
	out := bufio.NewWriterSize(os.Stdout, 32<<10)
	return copyFrames(url, out, &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			return &wide{conn, bufio.NewReaderSize(flushing{conn, out}, 64<<10)}, err
		},
	}})
}

func copyFrames(url string, out *bufio.Writer, client *http.Client) error {
	ws, _, err := websocket.Dial(context.Background(), url+"?accessToken=bench", &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		return err
	}
	ws.SetReadLimit(-1)
	buf := make([]byte, 64<<10)
	for {
		_, message, err := ws.Reader(context.Background())
		if err != nil {
			out.Flush()
			return ended(err)
		}
		for err == nil {
			var n int
			n, err = message.Read(buf)
			out.Write(buf[:n])
		}
		if err != io.EOF {
			return err
		}
		out.WriteByte('\n')
	}
}

// ended returns nil for the end of a show.
func ended(err error) error {
	if websocket.CloseStatus(err) == websocket.StatusNormalClosure {
		return nil
	}
	return err
}

// flushing flushes out before each read, which may wait.
type flushing struct {
	net.Conn
	out *bufio.Writer
}

func (f flushing) Read(p []byte) (int, error) {
	f.out.Flush()
	return f.Conn.Read(p)
}

// wide reads through a buffer.
type wide struct {
	net.Conn
	buffer *bufio.Reader
}

func (w *wide) Read(p []byte) (int, error) { return w.buffer.Read(p) }

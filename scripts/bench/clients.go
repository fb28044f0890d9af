//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"

	"github.com/coder/websocket"

	"github.com/restail/restail/cmd"
)

// The clients that restail is compared with run as processes of their own:
// this program under another role.

// copyRole is L: it copies frames and line ends through coder/websocket to
// stdout, with buffers that are used again. "wide" puts a buffer of 64 KiB
// under the connection, and hands over what is copied when the socket is about
// to be read again.
func copyRole(args []string) error {
	out := bufio.NewWriterSize(os.Stdout, 32<<10)
	under := func(c net.Conn) net.Conn { return c }
	if len(args) > 1 && args[1] == "wide" {
		under = func(c net.Conn) net.Conn {
			return &wide{Conn: c, buffer: bufio.NewReaderSize(&flushing{Conn: c, out: out}, 64<<10)}
		}
	}
	ws, err := dial(args[0], under)
	if err != nil {
		return err
	}
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

// dial connects; under may put something between the network and the library.
func dial(url string, under func(net.Conn) net.Conn) (*websocket.Conn, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return under(conn), nil
	}
	ws, _, err := websocket.Dial(context.Background(), url+"?accessToken=bench", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(-1)
	return ws, nil
}

// flushing hands over what there is whenever it may have to wait.
type flushing struct {
	net.Conn
	out *bufio.Writer
}

func (f *flushing) Read(p []byte) (int, error) {
	f.out.Flush()
	return f.Conn.Read(p)
}

// wide reads through a buffer.
type wide struct {
	net.Conn
	buffer *bufio.Reader
}

func (w *wide) Read(p []byte) (int, error) { return w.buffer.Read(p) }

// ended is nil for the end of a show.
func ended(err error) error {
	if websocket.CloseStatus(err) == websocket.StatusNormalClosure {
		return nil
	}
	return err
}

// checkRole reads a recording, checks that each line is JSON, and copies it.
// It tells on stderr what it checks with.
func checkRole(args []string) error {
	fmt.Fprint(os.Stderr, checker)
	file, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewScanner(file)
	in.Buffer(make([]byte, 64<<10), 16<<20)
	out := bufio.NewWriterSize(os.Stdout, 32<<10)
	for in.Scan() {
		if !isJSON(in.Bytes()) {
			return fmt.Errorf("not JSON: %.100q", in.Bytes())
		}
		out.Write(in.Bytes())
		out.WriteByte('\n')
	}
	if err := in.Err(); err != nil {
		return err
	}
	return out.Flush()
}

// allocsRole runs restail in this process and tells how often it allocated.
// The first allocations, of the start, are shared by all frames.
func allocsRole(args []string) error {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	status := cmd.Run(context.Background(), append([]string{"tail", "-q", "--no-reconnect"}, args[1:]...), cmd.Env{
		Stdout: os.Stdout, Stderr: io.Discard, Environ: append(os.Environ(), "RESTAIL_URL="+args[0]),
	})
	runtime.ReadMemStats(&after)
	if status != givenUp {
		return fmt.Errorf("restail ended with status %d", status)
	}
	_, err := fmt.Fprintln(os.Stderr, after.Mallocs-before.Mallocs)
	return err
}

package cmd

import "bytes"

// notes makes status lines of what somebody writes to stderr without regard to
// --status=json: another program, or a login.
type notes struct {
	tell func(line string)
	rest []byte
}

// Write tells each line once it is whole, and a prompt at once, since whoever
// is asked has to see it. Blank lines tell nothing.
func (n *notes) Write(p []byte) (int, error) {
	n.rest = append(n.rest, p...)
	for {
		line, rest, whole := bytes.Cut(n.rest, []byte("\n"))
		if !whole && !bytes.HasSuffix(line, []byte(": ")) {
			return len(p), nil
		}
		if len(bytes.TrimSpace(line)) > 0 {
			n.tell(string(line))
		}
		if n.rest = rest; !whole {
			return len(p), nil
		}
	}
}

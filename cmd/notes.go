package cmd

import "bytes"

// notes makes status lines of what another program writes to its stderr.
type notes struct {
	tell func(line string)
	rest []byte
}

// Write tells each line once it is whole.
func (n *notes) Write(p []byte) (int, error) {
	n.rest = append(n.rest, p...)
	for {
		line, rest, whole := bytes.Cut(n.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		n.tell(string(line))
		n.rest = rest
	}
}

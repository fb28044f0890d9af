package main

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/restail/restail/decode"
)

// control is what dpkg is told about the package. The binary needs nothing
// but the kernel.
const control = `Package: restail
Version: %s
Architecture: %s
Maintainer: the restail maintainers <restail@users.noreply.github.com>
Installed-Size: %d
Suggests: jq
Section: net
Priority: optional
Homepage: https://github.com/restail/restail
Description: follow a Restream chat from the shell
%s
`

// description is the long description, in lines that begin with a blank.
func description() string {
	text := "restail follows the chats of " + decode.ChatPlatforms() + ", which Restream merges into one WebSocket, " +
		"as one stream of flat records: NDJSON for jq and scripts, or text for people."
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > 79 {
			lines, line = append(lines, line), ""
		}
		line += " " + word
	}
	return strings.Join(append(lines, line), "\n")
}

// debianVersion is the version by Debian's rules, by which 1.0~rc.1 comes
// before 1.0 and 1.0-rc.1 after it.
func (r *release) debianVersion() string { return strings.Replace(r.version, "-", "~", 1) }

// debian makes a package of a binary: an ar archive of what dpkg is told and
// what it installs, as deb(5) has it.
func (r *release) debian(machine string, binary []byte) ([]byte, error) {
	installed, err := r.installed(binary)
	if err != nil {
		return nil, err
	}
	var sums strings.Builder
	size := 0
	for _, f := range slices.SortedFunc(slices.Values(installed), byName) {
		fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(f.content), f.name)
		size += (len(f.content) + 1023) / 1024
	}
	told := []file{
		{"control", fmt.Appendf(nil, control, r.debianVersion(), machine, size, description()), false},
		{"md5sums", []byte(sums.String()), false},
	}
	out := bytes.NewBufferString("!<arch>\n")
	r.member(out, "debian-binary", []byte("2.0\n"))
	for _, part := range []struct {
		name  string
		files []file
	}{{"control.tar.gz", told}, {"data.tar.gz", installed}} {
		for i := range part.files {
			part.files[i].name = "./" + part.files[i].name
		}
		packed, err := tarball(part.files, r.date)
		if err != nil {
			return nil, err
		}
		r.member(out, part.name, packed)
	}
	return out.Bytes(), nil
}

// member adds a file to an ar archive.
func (r *release) member(out *bytes.Buffer, name string, content []byte) {
	fmt.Fprintf(out, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", name, r.date.Unix(), 0, 0, "100644", len(content))
	out.Write(content)
	if len(content)%2 == 1 {
		out.WriteByte('\n')
	}
}

// places are where Debian looks for what every archive has. What has no place
// here is documentation.
var places = map[string]string{
	"restail.1":                "usr/share/man/man1/restail.1.gz",
	"completions/restail.bash": "usr/share/bash-completion/completions/restail",
	"completions/_restail":     "usr/share/zsh/vendor-completions/_restail",
	"completions/restail.fish": "usr/share/fish/vendor_completions.d/restail.fish",
	"LICENSE":                  "usr/share/doc/restail/copyright",
}

// installed returns the files of the package, at their places.
func (r *release) installed(binary []byte) ([]file, error) {
	files := []file{{"usr/bin/restail", binary, true}}
	for _, f := range r.common {
		place, ok := places[f.name]
		switch {
		case ok:
			f.name = place
		case f.program:
			f.name = path.Join("usr/share/doc/restail/examples", path.Base(f.name))
		default:
			f.name = path.Join("usr/share/doc/restail", f.name)
		}
		if strings.HasSuffix(f.name, ".gz") {
			var err error
			if f.content, err = compressed(f.content); err != nil {
				return nil, err
			}
		}
		files = append(files, f)
	}
	return files, nil
}

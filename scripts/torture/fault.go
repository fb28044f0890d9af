//go:build linux && amd64

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// deadline is how long a run may take. One that takes longer counts as hanging.
const deadline = 25 * time.Second

// fallible are the system calls to make fail, and their errors. close is not among them:
// it closes the file whatever it returns. Neither are getpeername and getsockname: they
// cannot fail for a connected socket, and Go ignores their errors.
var fallible = map[int32]struct {
	name  string
	error syscall.Errno
}{
	unix.SYS_OPENAT:     {"open", unix.EMFILE},
	unix.SYS_READ:       {"read", unix.EIO},
	unix.SYS_PREAD64:    {"pread", unix.EIO},
	unix.SYS_WRITE:      {"write", unix.ENOSPC},
	unix.SYS_PWRITE64:   {"pwrite", unix.ENOSPC},
	unix.SYS_FSYNC:      {"fsync", unix.EIO},
	unix.SYS_FTRUNCATE:  {"truncate", unix.EIO},
	unix.SYS_RENAMEAT:   {"rename", unix.EIO},
	unix.SYS_RENAMEAT2:  {"rename", unix.EIO},
	unix.SYS_UNLINKAT:   {"unlink", unix.EIO},
	unix.SYS_MKDIRAT:    {"mkdir", unix.ENOSPC},
	unix.SYS_FCHMOD:     {"fchmod", unix.EPERM},
	unix.SYS_FCHMODAT:   {"chmod", unix.EPERM},
	unix.SYS_FLOCK:      {"flock", unix.ENOLCK},
	unix.SYS_FSTAT:      {"fstat", unix.EIO},
	unix.SYS_NEWFSTATAT: {"stat", unix.EIO},
	unix.SYS_SOCKET:     {"socket", unix.EMFILE},
	unix.SYS_CONNECT:    {"connect", unix.ENETUNREACH},
	unix.SYS_BIND:       {"bind", unix.EADDRINUSE},
	unix.SYS_LISTEN:     {"listen", unix.EADDRINUSE},
	unix.SYS_ACCEPT4:    {"accept", unix.EMFILE},
	unix.SYS_GETSOCKOPT: {"getsockopt", unix.ENOBUFS},
	unix.SYS_SETSOCKOPT: {"setsockopt", unix.ENOMEM},
	unix.SYS_EPOLL_CTL:  {"epoll_ctl", unix.ENOSPC},
	unix.SYS_POLL:       {"poll", unix.ENOMEM},
}

// byPath are the calls whose second argument is a path.
var byPath = []int32{unix.SYS_OPENAT, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_UNLINKAT, unix.SYS_MKDIRAT, unix.SYS_FCHMODAT, unix.SYS_NEWFSTATAT}

// A call is a kind of system call: its name and what it works on, such as read and socket.
type call struct{ name, target string }

// A fault makes the nth call of a kind fail, counted from 1. A short fault makes that
// call, a write, write half of its data, and makes the call after it fail.
type fault struct {
	call
	n     int
	short bool
}

func (f fault) String() string {
	if f.short {
		return fmt.Sprintf("short %s %s, call %d", f.name, f.target, f.n)
	}
	return fmt.Sprintf("%s %s, call %d", f.name, f.target, f.n)
}

// launcherVariable is set in the environment of a second process of this command, the
// launcher. It filters its own system calls, and then executes restail in its place: a
// filter stays in force.
const launcherVariable = "TORTURE_LAUNCHER"

// launch is the launcher. It sends the descriptor on which the kernel reports the filtered
// calls to its parent, over the socket that is file descriptor 3. It returns only an error.
func launch() error {
	runtime.LockOSThread()
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}} // loads the number of the call
	for number := range fallible {
		filter = append(filter,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: uint32(number)},
			unix.SockFilter{Code: unix.BPF_RET, K: unix.SECCOMP_RET_USER_NOTIF})
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET, K: unix.SECCOMP_RET_ALLOW})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	listener, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_NEW_LISTENER|unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return fmt.Errorf("this system cannot report system calls to another process: %w", errno)
	}
	if err := unix.Sendmsg(3, []byte{0}, unix.UnixRights(int(listener)), nil, 0); err != nil {
		return err
	}
	unix.CloseOnExec(3)
	return syscall.Exec(os.Args[1], os.Args[1:], os.Environ())
}

// A supervisor decides for each filtered system call of a process whether it fails.
type supervisor struct {
	listener int    // the descriptor on which the kernel reports the calls
	process  int    // its id
	folder   string // of the run; the targets of calls are relative to it
	fault    *fault // nil for none

	counts map[call]int // how often the process made each call
	failed int          // how many calls were made to fail
}

// start starts a command through the launcher.
func start(command *exec.Cmd, folder string, f *fault) (*supervisor, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(pair[0])
	theirs := os.NewFile(uintptr(pair[1]), "launcher")
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command.Args = append([]string{self}, command.Args...)
	command.Path = self
	command.Env = append(command.Env, launcherVariable+"=1")
	command.ExtraFiles = []*os.File{theirs}
	err = command.Start()
	theirs.Close()
	if err != nil {
		return nil, err
	}
	rights := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unix.Recvmsg(pair[0], make([]byte, 1), rights, unix.MSG_CMSG_CLOEXEC)
	if err == nil && n == 0 {
		err = errors.New("the launcher has failed")
	}
	if err != nil {
		command.Wait()
		return nil, err
	}
	messages, err := unix.ParseSocketControlMessage(rights[:n])
	if err != nil {
		return nil, err
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return nil, err
	}
	return &supervisor{listener: fds[0], process: command.Process.Pid, folder: folder, fault: f, counts: map[call]int{}}, nil
}

// notification and response are the kernel's seccomp_notif and seccomp_notif_resp.
type notification struct {
	id         uint64
	pid, flags uint32
	nr         int32
	arch       uint32
	ip         uint64
	args       [6]uint64
}

type response struct {
	id    uint64
	val   int64
	error int32
	flags uint32
}

// serve handles the calls until the process is gone.
func (s *supervisor) serve() {
	defer unix.Close(s.listener)
	for {
		ready := []unix.PollFd{{Fd: int32(s.listener), Events: unix.POLLIN}}
		if _, err := unix.Poll(ready, -1); errors.Is(err, unix.EINTR) {
			continue
		}
		if ready[0].Revents&unix.POLLIN == 0 {
			return
		}
		var n notification
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(s.listener), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&n))); errno != 0 {
			continue // the thread is gone
		}
		answer := s.answer(&n)
		answer.id = n.id
		unix.Syscall(unix.SYS_IOCTL, uintptr(s.listener), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&answer)))
	}
}

// answer counts a call and decides whether it fails.
func (s *supervisor) answer(n *notification) response {
	goOn := response{flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
	c := call{fallible[n.nr].name, s.target(n)}
	// The Go runtime makes these, and their failure ends any Go program.
	if strings.HasPrefix(c.target, "anon_inode:") || strings.HasPrefix(c.target, "/sys/") {
		return goOn
	}
	s.counts[c]++
	f := s.fault
	if f == nil || f.call != c || s.counts[c] != f.n && !(f.short && s.failed > 0 && s.counts[c] == f.n+1) {
		return goOn
	}
	s.failed++
	if f.short && s.failed == 1 {
		if took := s.writeHalf(n); took > 0 {
			return response{val: int64(took)}
		}
	}
	errno := fallible[n.nr].error
	if c.target == "socket" && (c.name == "read" || c.name == "write") {
		errno = unix.ECONNRESET
	}
	return response{error: -int32(errno)}
}

// target returns the path of the file that a call works on, or a word such as socket or
// pipe. It is empty for a call that works on none.
func (s *supervisor) target(n *notification) string {
	if slices.Contains(byPath, n.nr) {
		path, _, _ := strings.Cut(string(s.memory(n.pid, n.args[1], 4096)), "\x00")
		if path != "" { // else the call works on its descriptor
			return s.relative(path)
		}
	}
	fd := n.args[0]
	switch n.nr {
	case unix.SYS_SOCKET, unix.SYS_POLL:
		return ""
	case unix.SYS_EPOLL_CTL:
		fd = n.args[2]
	}
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", n.pid, int32(fd)))
	if err != nil {
		return "?"
	}
	kind, _, numbered := strings.Cut(path, ":[")
	if numbered && kind != "anon_inode" {
		return kind
	}
	return s.relative(path)
}

// relative returns the path relative to the folder of the run, if it is in there.
func (s *supervisor) relative(path string) string {
	if below, err := filepath.Rel(s.folder, path); err == nil && filepath.IsAbs(path) && !strings.HasPrefix(below, "..") {
		return below
	}
	return path
}

// memory returns the bytes at an address of a thread, fewer where its memory ends.
func (s *supervisor) memory(pid uint32, address, size uint64) []byte {
	file, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return nil
	}
	defer file.Close()
	data := make([]byte, size)
	got, _ := file.ReadAt(data, int64(address)) // the next page may be missing
	return data[:got]
}

// writeHalf writes the first half of the data of a write, as a disk that becomes full
// does. It returns the number of bytes.
func (s *supervisor) writeHalf(n *notification) int {
	data := s.memory(n.pid, n.args[1], n.args[2]/2)
	file, err := unix.PidfdOpen(s.process, 0)
	if err != nil || len(data) == 0 {
		return 0
	}
	defer unix.Close(file)
	fd, err := unix.PidfdGetfd(file, int(n.args[0]), 0)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	if n.nr == unix.SYS_PWRITE64 {
		took, _ := unix.Pwrite(fd, data, int64(n.args[3]))
		return took
	}
	took, _ := unix.Write(fd, data)
	return took
}

// A result is the outcome of a run.
type result struct {
	status         int
	stdout, stderr string
	hangs          bool
	counts         map[call]int // see supervisor
	failed         int          // see supervisor
}

// runWith runs a program in a folder, with stdout and stderr as files there, and with a
// fault. If supervised is false, no system call is filtered.
func runWith(folder string, environ []string, f *fault, supervised bool, args ...string) (*result, error) {
	command := exec.Command(args[0], args[1:]...)
	command.Dir, command.Env = folder, append([]string{"HOME=" + folder}, environ...)
	stdout, err := os.Create(filepath.Join(folder, "stdout"))
	if err != nil {
		return nil, err
	}
	defer stdout.Close()
	stderr, err := os.Create(filepath.Join(folder, "stderr"))
	if err != nil {
		return nil, err
	}
	defer stderr.Close()
	command.Stdout, command.Stderr = stdout, stderr
	var watching sync.WaitGroup
	var s *supervisor
	if supervised {
		if s, err = start(command, folder, f); err != nil {
			return nil, err
		}
		watching.Go(s.serve)
	} else if err := command.Start(); err != nil {
		return nil, err
	}
	r := &result{}
	timer := time.AfterFunc(deadline, func() { command.Process.Signal(syscall.SIGQUIT) })
	command.Wait()
	r.hangs = !timer.Stop()
	watching.Wait()
	r.status = command.ProcessState.ExitCode()
	if s != nil {
		r.counts, r.failed = s.counts, s.failed
	}
	out, outErr := os.ReadFile(stdout.Name())
	said, saidErr := os.ReadFile(stderr.Name())
	r.stdout, r.stderr = string(out), string(said)
	return r, errors.Join(outErr, saidErr)
}

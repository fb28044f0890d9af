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

// deadline is how long a run may take. A longer one hangs.
const deadline = 25 * time.Second

// fallible are the system calls that can fail, and how. close is missing, since it
// has closed the file whatever it returns, and getpeername and getsockname, which
// cannot fail for a socket that is up and whose errors Go drops.
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

// A call is a kind of call: its name and what it is about.
type call struct{ name, target string }

// A fault is a call that fails: the nth of its kind. A short one is a write that
// takes half of it, after which the next one fails.
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

// stageVariable makes this program the stage: it filters its own calls, and becomes
// the program that its arguments name.
const stageVariable = "TORTURE_STAGE"

// stage hands the listener for the filter to its parent, over file descriptor 3.
func stage() error {
	runtime.LockOSThread()
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}} // the call's number
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
	listener, _, no := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_NEW_LISTENER|unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, uintptr(unsafe.Pointer(&program)))
	if no != 0 {
		return fmt.Errorf("this system cannot pass on system calls: %w", no)
	}
	if err := unix.Sendmsg(3, []byte{0}, unix.UnixRights(int(listener)), nil, 0); err != nil {
		return err
	}
	unix.CloseOnExec(3)
	return syscall.Exec(os.Args[1], os.Args[1:], os.Environ())
}

// A supervisor answers the calls of a process and of its threads.
type supervisor struct {
	listener int
	process  int
	folder   string // of the run: targets below it are relative
	fault    *fault // nil for none

	counts map[call]int
	failed int // how many calls were made to fail
}

// start starts a command behind a stage.
func start(command *exec.Cmd, folder string, f *fault) (*supervisor, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(pair[0])
	theirs := os.NewFile(uintptr(pair[1]), "stage")
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command.Args = append([]string{self}, command.Args...)
	command.Path = self
	command.Env = append(command.Env, stageVariable+"=1")
	command.ExtraFiles = []*os.File{theirs}
	err = command.Start()
	theirs.Close()
	if err != nil {
		return nil, err
	}
	rights := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unix.Recvmsg(pair[0], make([]byte, 1), rights, unix.MSG_CMSG_CLOEXEC)
	if err == nil && n == 0 {
		err = errors.New("the stage has not come up")
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

// serve answers until the process is gone.
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
		if _, _, no := unix.Syscall(unix.SYS_IOCTL, uintptr(s.listener), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&n))); no != 0 {
			continue // the thread is gone
		}
		answer := s.answer(&n)
		answer.id = n.id
		unix.Syscall(unix.SYS_IOCTL, uintptr(s.listener), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&answer)))
	}
}

// answer decides about a call.
func (s *supervisor) answer(n *notification) response {
	goOn := response{flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
	c := call{fallible[n.nr].name, s.target(n)}
	// Without those that only the Go runtime makes, and which end every Go program.
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
	no := fallible[n.nr].error
	if c.target == "socket" && (c.name == "read" || c.name == "write") {
		no = unix.ECONNRESET
	}
	return response{error: -int32(no)}
}

// target says what a call is about.
func (s *supervisor) target(n *notification) string {
	if slices.Contains(byPath, n.nr) {
		path, _, _ := strings.Cut(string(s.memory(n.pid, n.args[1], 4096)), "\x00")
		if path != "" { // as fstat has it
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

func (s *supervisor) relative(path string) string {
	if below, err := filepath.Rel(s.folder, path); err == nil && filepath.IsAbs(path) && !strings.HasPrefix(below, "..") {
		return below
	}
	return path
}

// memory reads memory of a thread.
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

// writeHalf does half of a write, as a disk does that becomes full.
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

// A result is what a run has left.
type result struct {
	status         int
	stdout, stderr string
	hangs          bool
	counts         map[call]int
	failed         int
}

// runWith runs a program in a folder, with stdout and stderr as files there, and has
// a call fail. supervised is false for a run that nothing watches.
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

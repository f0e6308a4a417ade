package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/user"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/inflight-go/inflight/internal/chat"
	"github.com/inflight-go/inflight/limit"
	"github.com/inflight-go/inflight/serve"
)

func newChat() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "chat",
		Short: "Serve a chat, or join one: browsers, WebSockets, and nc",
		Long: `chat is a small chat with rooms, for people in browsers and at terminals. It
is the hub of the library at work: examples/chat is the same in sixty lines.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newChatServe(), newChatJoin())
	return cmd
}

// chatFlags are those of chat serve.
type chatFlags struct {
	chat.Options
	web, lines, admin string
	cert, key         string
}

func newChatServe() *cobra.Command {
	var f chatFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve a chat: a page, WebSockets, and lines over TCP",
		Long: `serve runs a chat. Open its page in a browser, connect any WebSocket client to
/ws, or use nc. People have names, are in rooms, and see what was said last.

On Ctrl-C or SIGTERM it takes nobody new, sends what was said to all who are
there, and closes their connections with code 1001; a second signal ends it at
once. With --data what was said last outlasts it.`,
		Example: `  inflight chat serve --data chat/
  nc 127.0.0.1 8001
  inflight chat join --name ann`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.serve(cmd) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.web, "listen", "127.0.0.1:8000", "the `address` of the page and of WebSockets, at /ws; port 0 for a free one")
	fs.StringVar(&f.lines, "tcp", "127.0.0.1:8001", "the `address` of plain lines, for nc; none for \"\"")
	fs.StringVar(&f.admin, "admin", "", "the `address` of /livez, /readyz, /startupz and /metrics (default: none)")
	fs.StringVar(&f.Data, "data", "", "keep what was said in this `folder` (default: in memory)")
	fs.IntVar(&f.History, "history", 100, "how many messages of each room are kept")
	fs.StringSliceVar(&f.Origins, "origin", nil, "a `host` whose pages may connect, beside this one; \"*\" for all; repeatable")
	fs.IntVar(&f.MaxClients, "max-clients", 10000, "how many may be connected")
	fs.IntVar(&f.PerIP, "per-ip", 0, "how many may be connected from one address (default: any number)")
	fs.StringVar(&f.Rate, "rate", chat.DefaultRate, "how many lines one client may send, `N/T`; who sends more is closed")
	fs.DurationVar(&f.Grace, "grace", serve.DefaultGrace, "how long connections have at the end")
	fs.StringVar(&f.cert, "tls-cert", "", "serve https and wss with the certificate in this `file`, in PEM; needs --tls-key")
	fs.StringVar(&f.key, "tls-key", "", "the key of that certificate, a PEM `file`")
	return cmd
}

// check says what can't be meant.
func (f *chatFlags) check() error {
	switch {
	case f.History < 0:
		return errors.New("--history is less than zero")
	case f.MaxClients < 1:
		return errors.New("--max-clients is less than one")
	case f.PerIP < 0:
		return errors.New("--per-ip is less than zero")
	case (f.cert == "") != (f.key == ""):
		return errors.New("--tls-cert and --tls-key go together")
	}
	if f.History == 0 {
		f.History = -1
	}
	return nil
}

func (f *chatFlags) serve(cmd *cobra.Command) error {
	if err := f.check(); err != nil {
		return &exitError{exitUsage, err}
	}
	ctx, errOut := cmd.Context(), cmd.ErrOrStderr()
	f.Log = slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if _, _, err := limit.ParseRate(f.Rate); err != nil {
		return &exitError{exitUsage, fmt.Errorf("--rate: %w", err)}
	}
	s, err := chat.New(f.Options)
	if err != nil {
		return &exitError{exitIO, err}
	}
	web := serve.New(serve.Options{Grace: f.Grace, Log: f.Log})
	page := web.HTTP(f.web, s.Handler())
	if f.cert != "" {
		pair, err := tls.LoadX509KeyPair(f.cert, f.key)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		page.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	if f.admin != "" {
		web.Admin(f.admin, s.Admin(web))
	}
	if err := web.Listen(ctx); err != nil {
		return &exitError{exitUsage, err}
	}
	lines, err := f.listen(ctx)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	f.tell(cmd, page.Addr(), lines)
	if err := s.Run(ctx, web, lines); err != nil {
		return &exitError{exitFailed, err}
	}
	return ctx.Err()
}

func (f *chatFlags) listen(ctx context.Context) (net.Listener, error) {
	if f.lines == "" {
		return nil, nil
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", f.lines)
}

// tell says where people go: the URL of the page on stdout, for scripts.
func (f *chatFlags) tell(cmd *cobra.Command, page net.Addr, lines net.Listener) {
	scheme := "http"
	if f.cert != "" {
		scheme = "https"
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s://%s\n", scheme, page)
	if lines != nil {
		host, port, _ := net.SplitHostPort(lines.Addr().String())
		fmt.Fprintf(cmd.ErrOrStderr(), "for terminals: nc %s %s\n", host, port)
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "serving the chat until Ctrl-C")
}

func newChatJoin() *cobra.Command {
	var g chat.Guest
	cmd := &cobra.Command{
		Use:   "join [flags] [URL]",
		Short: "Join a chat from a terminal, or a script",
		Long: `join connects to a chat, shows what people say, and says each line that comes
from stdin, until that ends. A connection that is lost is made again: what was
said meanwhile is shown, and what was not said yet is said then, once.`,
		Example: `  inflight chat join --name ann --room den
  echo 'the build is green' | inflight chat join --name builder wss://chat.example`,
		Args: takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			g.URL = "ws://127.0.0.1:8000"
			if len(args) > 0 {
				g.URL = args[0]
			}
			g.In, g.Out, g.Err = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			if f, ok := g.In.(*os.File); ok {
				g.Asks = term.IsTerminal(int(f.Fd()))
			}
			if err := g.Join(cmd.Context()); err != nil && cmd.Context().Err() == nil {
				return &exitError{exitFailed, err}
			}
			return cmd.Context().Err()
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&g.Name, "name", login(), "who you are")
	fs.StringVar(&g.Room, "room", chat.Lobby, "where you are first")
	return cmd
}

// login returns the name of the user, "" if that is not known.
func login() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

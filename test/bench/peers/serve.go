package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

// serveTls serves HTTP/1.1 on a free loopback port, which it prints. The process ends with its standard input.
func serveTls(certificate, key string, handler http.HandlerFunc) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: handler,
		// Without HTTP/2, all programs use the same protocol.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
		// The service closes connections whose address or protocol it does not want.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	go endWithStandardInput()
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	return server.ServeTLS(listener, certificate, key)
}

func endWithStandardInput() {
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

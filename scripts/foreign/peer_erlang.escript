%% One end of a mutual TLS connection on Erlang/OTP's ssl: peer ROLE HOST PORT CERTIFICATE KEY CA VERSION.
main([Role, Host, Port, Certificate, Key, Authorities, Version]) ->
    {ok, _} = application:ensure_all_started(ssl),
    {ok, Address} = inet:parse_address(Host),
    Versions = case Version of "1.2" -> ['tlsv1.2']; "1.3" -> ['tlsv1.2', 'tlsv1.3'] end,
    Own = case Certificate of "-" -> []; _ -> [{certfile, Certificate}, {keyfile, Key}] end,
    Options = Own ++ [{cacertfile, Authorities}, {verify, verify_peer}, {versions, Versions}, {active, false}],
    talk(Role, Address, list_to_integer(Port), Options).

talk("server", Address, Port, Options) ->
    {ok, Listener} = ssl:listen(Port, [{ip, Address}, {reuseaddr, true}, {fail_if_no_peer_cert, true} | Options]),
    {ok, Plain} = ssl:transport_accept(Listener),
    case ssl:handshake(Plain, 5000) of
        {ok, Line} ->
            Got = ssl:recv(Line, 0, 5000),
            io:format("~p~n", [Got]),
            ssl:send(Line, "OK\n"),
            ssl:close(Line);
        Refused -> io:format("~p~n", [Refused])
    end;
talk("client", Address, Port, Options) ->
    Naming = [{server_name_indication, "irisb.example.com"} | Options],
    case ssl:connect(Address, Port, Naming, 5000) of
        {ok, Line} ->
            ssl:send(Line, "STATUS\n"),
            Got = ssl:recv(Line, 0, 5000),
            io:format("~p~n", [Got]),
            ssl:close(Line);
        Refused -> io:format("~p~n", [Refused])
    end.

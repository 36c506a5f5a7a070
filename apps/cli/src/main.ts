console.log("gstore: no commands yet");

export {};

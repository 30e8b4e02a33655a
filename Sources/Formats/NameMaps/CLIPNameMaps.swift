// Names of CLIP's towers: open_clip, OpenAI, Hugging Face.
//
// Source     open_clip and OpenAI's CLIP (model.py), transformers' CLIPModel (modeling_clip.py)
// Idea       The hub has open_clip's names, which are OpenAI's. Hugging Face names everything anew,
//            keeps q, k and v apart where the others stack them into `in_proj`, and writes the two
//            final projections as linear layers, so as the transpose of the others' matrices.
// Read       NameMap.swift ← this file → NameConversion.swift
// Tests      Tests/FormatsTests/NameMapTests.swift

extension NameMap {
  private static let sharedRules = [
    "visual.*", "transformer.*", "token_embedding.*", "positional_embedding", "ln_final.*",
    "text_projection", "logit_scale", "logit_bias",
  ].map { NameRule($0, $0) }

  static let openCLIP = NameMap(
    "open_clip", "open_clip's CLIP with vision transformers", rules: sharedRules,
    leftBehind: ["attn_mask"], signature: ["visual.conv1.weight", "visual.class_embedding"])

  static let openAI = NameMap(
    "openai-clip", "OpenAI's CLIP, TorchScript archives or their state dictionaries",
    rules: sharedRules,
    leftBehind: ["input_resolution", "context_length", "vocab_size", "attn_mask"],
    signature: ["visual.conv1.weight", "visual.class_embedding", "input_resolution"])

  static let huggingFace = NameMap(
    "huggingface-clip", "CLIPModel and CLIPVisionModelWithProjection of transformers",
    rules: [
      NameRule("visual_projection.weight", "visual.proj", .transpose),
      NameRule("text_projection.weight", "text_projection", .transpose),
      NameRule("logit_scale", "logit_scale"),
      NameRule("vision_model.embeddings.class_embedding", "visual.class_embedding"),
      NameRule("vision_model.embeddings.patch_embedding.weight", "visual.conv1.weight"),
      NameRule(
        "vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"),
      NameRule("vision_model.pre_layrnorm.*", "visual.ln_pre.*"),  // spelt so by its authors
      NameRule("vision_model.post_layernorm.*", "visual.ln_post.*"),
      NameRule("text_model.embeddings.token_embedding.*", "token_embedding.*"),
      NameRule("text_model.embeddings.position_embedding.weight", "positional_embedding"),
      NameRule("text_model.final_layer_norm.*", "ln_final.*"),
    ] + blocks("vision_model.encoder.layers", "visual.transformer.resblocks")
      + blocks("text_model.encoder.layers", "transformer.resblocks"),
    leftBehind: ["vision_model.embeddings.position_ids", "text_model.embeddings.position_ids"],
    signature: ["vision_model.embeddings.class_embedding"])

  private static func blocks(_ theirs: String, _ ours: String) -> [NameRule] {
    let attention = "\(theirs).#.self_attn"
    let joined = ["weight", "bias"].map { leaf in
      NameRule(
        joining: ["q", "k", "v"].map { "\(attention).\($0)_proj.\(leaf)" },
        "\(ours).#.attn.in_proj_\(leaf)")
    }
    return joined + [
      NameRule("\(attention).out_proj.*", "\(ours).#.attn.out_proj.*"),
      NameRule("\(theirs).#.layer_norm1.*", "\(ours).#.ln_1.*"),
      NameRule("\(theirs).#.layer_norm2.*", "\(ours).#.ln_2.*"),
      NameRule("\(theirs).#.mlp.fc1.*", "\(ours).#.mlp.c_fc.*"),
      NameRule("\(theirs).#.mlp.fc2.*", "\(ours).#.mlp.c_proj.*"),
    ]
  }
}
